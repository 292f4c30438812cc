package io.rwopguard.kube;

import io.rwopguard.kube.EventRecorder.About;

/** Writes Kubernetes Events. */
public interface EventSink {

  /** Writes an Event, unless the same one was written shortly before. */
  default void say(About about, boolean warning, String reason, String message) {
    say(about, warning, reason, message, message);
  }

  /** Writes an Event whose message may change, unless one of the same gist was just written. */
  void say(About about, boolean warning, String reason, String message, String gist);
}
