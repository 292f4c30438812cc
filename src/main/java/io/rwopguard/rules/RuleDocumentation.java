package io.rwopguard.rules;

/** A rule or check with the text that explains it to users. */
public interface RuleDocumentation {

  /** Returns the stable kebab-case name by which users switch it off and look it up. */
  String id();

  /** Returns the problem that it finds, in one sentence for its page in the documents. */
  String summary();

  /** Returns why that is a mistake, and what Kubernetes does then. */
  String why();

  /**
   * Returns the severity of its findings without any setting, in a few words for its page in the
   * documents.
   */
  String byDefault();

  /** Returns the remediation, in one sentence for its page in the documents. */
  String remedy();
}
