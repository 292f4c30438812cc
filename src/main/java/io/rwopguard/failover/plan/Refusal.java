package io.rwopguard.failover.plan;

/**
 * Why a Pod is not failed over.
 *
 * @param text what is wrong and what to do about it, as an event says it
 */
public record Refusal(Reason reason, String text) {

  @Override
  public String toString() {
    return text + " (" + reason.id() + ")";
  }
}
