package io.rwopguard.failover.plan;

/**
 * A refusal to fail a Pod over.
 *
 * @param text what is wrong and how to fix it, as events report it
 */
public record Refusal(RefusalReason reason, String text) {

  @Override
  public String toString() {
    return text + " (" + reason.id() + ")";
  }
}
