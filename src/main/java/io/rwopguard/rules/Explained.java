package io.rwopguard.rules;

/** What can be found wrong, and what people are told of it. */
public interface Explained {

  /** Stable kebab-case name, by which people switch it off and look it up. */
  String id();

  /** What it finds, in one sentence for the README. */
  String summary();

  /** Why that is a mistake: what Kubernetes does then. */
  String why();

  /** What becomes of its findings where nobody says otherwise, in a few words for the README. */
  String byDefault();

  /** Returns the remediation, in one sentence for the README. */
  String remedy();
}
