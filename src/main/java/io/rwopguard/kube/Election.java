package io.rwopguard.kube;

import java.util.Map;

/** The state of an election, as this replica knows it. */
public interface Election {

  /** Returns whether this replica holds the Lease, as far as it knows. */
  boolean isLeader();

  /** Returns whether no other replica can hold the Lease yet. */
  boolean isCertain();

  /** Returns the annotations of the Lease, as last read. */
  Map<String, String> annotations();

  /** Returns the holder of the Lease, as last read; empty for none. */
  String holder();

  /** Returns how often the Lease has changed hands; meaningful while {@link #isCertain()}. */
  long epoch();
}
