package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MILLISECOND;

/** Faults of a request of a replica. */
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

  /** Returns whether it meets a write, or any request. */
  static boolean meetsWrites(int detail) {
    return detail / 16 % 2 == 0;
  }

  /** Returns the number of the request, or of the write, that it meets from now on. */
  static int countdown(int detail) {
    return 1 + detail / 32 % 20;
  }

  /** Returns the delay of a request that it meets. */
  static long delay(int detail) {
    return (500 + detail % 30_000) * MILLISECOND;
  }
}
