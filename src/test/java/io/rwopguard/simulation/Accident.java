package io.rwopguard.simulation;

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
}
