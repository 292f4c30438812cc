package io.rwopguard.migration;

/**
 * Whether a run keeps the requests of earlier ones from an object. A request may arrive long after
 * its sender was killed; it names the version that its sender saw, which a mark makes a past one.
 */
enum Mark {
  /** There was no earlier run, or it cannot have seen the object as it is now. */
  NOT_NEEDED,
  /** This run took over, and has not changed the object since. */
  NEEDED,
  /** The object has the mark of this run, or of an earlier one. */
  SET
}
