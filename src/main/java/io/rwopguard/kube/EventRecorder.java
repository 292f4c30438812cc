package io.rwopguard.kube;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Writes Events that show what was decided and why. It writes them in the background, so that they
 * never delay a decision. The same Event is not written again within ten minutes.
 */
public final class EventRecorder implements EventSink, AutoCloseable {

  private static final Duration AGAIN = Duration.ofMinutes(10);
  private static final int WAITING = 500;
  private static final int REMEMBERED = 2000;
  private static final int LONGEST = 1024;
  private static final int LONGEST_NAME = 200;

  /**
   * The object that an Event is about.
   *
   * @param namespace empty for an object without one
   * @param uid empty if it is not known
   */
  public record About(String apiVersion, String kind, String namespace, String name, String uid) {

    /** Returns the reference to a Pod. */
    public static About pod(String namespace, String name, String uid) {
      return new About("v1", "Pod", namespace, name, uid);
    }

    /** Returns the reference to a claim. */
    public static About claim(String namespace, String name) {
      return new About("v1", "PersistentVolumeClaim", namespace, name, "");
    }

    /** Returns the reference to a Lease. */
    public static About lease(String namespace, String name) {
      return new About("coordination.k8s.io/v1", "Lease", namespace, name, "");
    }

    /** Returns the reference to a node. */
    public static About node(String name) {
      // kubectl describe finds a node's events by its name in the UID field
      return new About("v1", "Node", "", name, name);
    }
  }

  /** The fields that make two Events the same. */
  private record Said(About about, String reason, String gist) {}

  private final KubernetesClient client;
  private final ConditionLog problems;
  private final LongSupplier nanos;
  private final InstantSource wall;
  private final Predicate<About> budget;
  private final RecentMap<Said, Long> said = new RecentMap<>(REMEMBERED);
  private final ExecutorService writer;

  /**
   * Creates a recorder.
   *
   * @param thread the name of the thread that writes
   * @param problems where a refused Event is reported
   * @param nanos the monotonic clock, in nanoseconds
   * @param budget whether one more Event about an object may be written
   */
  public EventRecorder(
      KubernetesClient client,
      String thread,
      ConditionLog problems,
      LongSupplier nanos,
      InstantSource wall,
      Predicate<About> budget) {
    this.client = client;
    this.problems = problems;
    this.nanos = nanos;
    this.wall = wall;
    this.budget = budget;
    this.writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING),
            work -> {
              Thread created = new Thread(work, thread);
              created.setDaemon(true);
              return created;
            },
            // in a flood of Events, the oldest are the least useful
            new ThreadPoolExecutor.DiscardOldestPolicy());
  }

  /**
   * Writes an Event, unless one with the same gist was written within the last ten minutes, or the
   * budget is used up.
   */
  @Override
  public void say(About about, boolean warning, String reason, String message, String gist) {
    Said event = new Said(about, reason, gist);
    long now = nanos.getAsLong();
    synchronized (said) {
      Long before = said.get(event);
      if (before != null && now - before <= AGAIN.toNanos()) {
        // the least recently repeated is forgotten first
        said.set(event, before);
        return;
      }
      if (!budget.test(about)) {
        return;
      }
      said.set(event, now);
    }
    // what waits while the API server does not answer must be small
    String text = shortened(message, LONGEST);
    writer.execute(() -> write(about, warning, reason, text));
  }

  private void write(About about, boolean warning, String reason, String message) {
    String namespace = about.namespace().isEmpty() ? "default" : about.namespace();
    String now = wall.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(nameOfEvent(about.name()))
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(about.apiVersion())
            .withKind(about.kind())
            .withNamespace(about.namespace().isEmpty() ? null : about.namespace())
            .withName(about.name())
            .withUid(about.uid().isEmpty() ? null : about.uid())
            .endInvolvedObject()
            .withType(warning ? "Warning" : "Normal")
            .withReason(reason)
            .withMessage(message)
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .withNewSource()
            .withComponent("rwop-guard")
            .endSource()
            .build();
    try {
      client.v1().events().inNamespace(namespace).resource(event).create();
      problems.solved("events");
    } catch (KubernetesClientException e) {
      problems.found("events", e);
    }
  }

  /**
   * Returns a unique name for an Event about an object. The name of the object may be the prefix of
   * a generated one, and each part between dots has to end with a letter or a digit.
   */
  static String nameOfEvent(String object) {
    String beginning = object.length() <= LONGEST_NAME ? object : object.substring(0, LONGEST_NAME);
    return beginning.replaceFirst("[-.]+$", "") + "." + UUID.randomUUID();
  }

  private static String shortened(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 3) + "...";
  }

  @Override
  public void close() {
    writer.shutdownNow();
  }
}
