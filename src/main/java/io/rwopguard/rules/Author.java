package io.rwopguard.rules;

/**
 * The kind of user that writes an object. It decides whether the owners and labels that the object
 * names are believed.
 */
public enum Author {
  /**
   * A controller of Kubernetes. A refusal of what it creates would reach no one who can change the
   * cause, and it would retry forever. It scales what anyone has written, so that the owner of a
   * scaled workload proves nothing about it.
   */
  KUBERNETES,

  /** The controller of an operator, which owns what it writes and scales. */
  OPERATOR,

  /**
   * Anyone else: a person, a pipeline, a GitOps engine that applies what persons wrote. Anyone can
   * write an {@code ownerReference} or a label, so neither lowers the severity of a finding.
   */
  USER
}
