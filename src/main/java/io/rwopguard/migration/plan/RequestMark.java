package io.rwopguard.migration.plan;

/**
 * The state of the label by which a run blocks the requests of earlier runs. A request may arrive
 * long after its sender was killed. It names the version that its sender read, which the label
 * makes obsolete.
 */
public enum RequestMark {
  /** No earlier run exists, or it cannot have read the object in its current version. */
  NOT_NEEDED,
  /** This run took over, and has not changed the object since. */
  NEEDED,
  /** The object has the label of this run, or of an earlier one. */
  SET
}
