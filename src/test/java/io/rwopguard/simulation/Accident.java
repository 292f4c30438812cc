package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MILLISECOND;

/** What happens to a request of a replica. */
enum Accident {
  CRASH_BEFORE,
  CRASH_AFTER,
  LOSE_REQUEST,
  LOSE_ANSWER,
  DELAY;

  /** The accident that the detail of a fault says. */
  static Accident of(int detail) {
    return values()[detail / 2 % values().length];
  }

  /** Whether it meets a write, or any request. */
  static boolean meetsWrites(int detail) {
    return detail / 16 % 2 == 0;
  }

  /** Which request, or which write, from now on it meets. */
  static int countdown(int detail) {
    return 1 + detail / 32 % 20;
  }

  /** How late a request arrives that it meets. */
  static long delay(int detail) {
    return (500 + detail % 30_000) * MILLISECOND;
  }
}
