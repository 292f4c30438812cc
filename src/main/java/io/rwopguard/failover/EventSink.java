package io.rwopguard.failover;

import io.rwopguard.failover.FailoverEvents.About;

/** Writes Kubernetes Events. */
interface EventSink {

  /** Writes an Event, unless the same one was written shortly before. */
  default void say(About about, boolean warning, String reason, String message) {
    say(about, warning, reason, message, message);
  }

  /** Does the same for a message that changes while its gist stays. */
  void say(About about, boolean warning, String reason, String message, String gist);
}
