package io.rwopguard.cluster;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * The Lease of an election. The library compares its holder's clock with ours; here a renewal
 * counts from when it was first seen, so that clocks that disagree make no second leader. Problems
 * are said once, where the library would say them at every try.
 */
final class ElectionLock extends LeaseLock {

  private static final int CONFLICT = 409;

  private final String subject;
  private final Problems problems;
  private final Leadership.Contact contact;
  private ZonedDateTime lastRenewal;
  private long lastRenewalSeen;
  private volatile Map<String, String> annotations = Map.of();
  private volatile String holder = "";
  private volatile String uidRead = "";
  private volatile String uid = "";
  private volatile long epoch = -1;
  private volatile long renewed;
  private volatile boolean everRenewed;

  ElectionLock(String namespace, String lease, Problems problems, Leadership.Contact contact) {
    super(namespace, lease, ownIdentity());
    this.subject = "Lease " + namespace + "/" + lease;
    this.problems = problems;
    this.contact = contact;
  }

  private static String ownIdentity() {
    String host = System.getenv("HOSTNAME");
    return (host == null ? "rwop-guard" : host) + "_" + UUID.randomUUID();
  }

  /** The time since this replica last wrote the Lease, counted from before it did. */
  Duration sinceRenewal() {
    return everRenewed
        ? Duration.ofNanos(System.nanoTime() - renewed)
        : Duration.ofSeconds(Long.MAX_VALUE);
  }

  Map<String, String> annotations() {
    return annotations;
  }

  String holder() {
    return holder;
  }

  /** The {@code leaseTransitions} that this replica last wrote; -1 before its first write. */
  long epoch() {
    return epoch;
  }

  /** The UID of the Lease that this replica last wrote; empty before its first write. */
  String uid() {
    return uid;
  }

  @Override
  public synchronized LeaderElectionRecord get(KubernetesClient client) {
    long start = System.nanoTime();
    try {
      LeaderElectionRecord record = super.get(client);
      contact.answered(Duration.ofNanos(System.nanoTime() - start));
      return record;
    } catch (KubernetesClientException e) {
      contact.failed();
      problems.found(subject, e);
      throw e;
    }
  }

  @Override
  protected LeaderElectionRecord toRecord(Lease lease) {
    uidRead = lease.getMetadata().getUid();
    Map<String, String> written = lease.getMetadata().getAnnotations();
    annotations = written == null ? Map.of() : Map.copyOf(written);
    if (lease.getSpec() == null || lease.getSpec().getRenewTime() == null) {
      // somebody made it by hand
      holder = "";
      return new LeaderElectionRecord(null, Duration.ofSeconds(1), now(), now(), 0);
    }
    LeaderElectionRecord record = super.toRecord(lease);
    holder = Objects.requireNonNullElse(record.getHolderIdentity(), "");
    long now = System.nanoTime();
    if (!record.getRenewTime().equals(lastRenewal)) {
      lastRenewal = record.getRenewTime();
      lastRenewalSeen = now;
    }
    return new LeaderElectionRecord(
        record.getHolderIdentity(),
        record.getLeaseDuration(),
        record.getAcquireTime(),
        now().minusNanos(now - lastRenewalSeen),
        record.getLeaderTransitions());
  }

  private static ZonedDateTime now() {
    return ZonedDateTime.now(ZoneOffset.UTC);
  }

  @Override
  public synchronized void create(KubernetesClient client, LeaderElectionRecord content) {
    write(
        () -> {
          Lease lease = client.resource(toResource(content, getObjectMeta(null))).create();
          uidRead = lease.getMetadata().getUid();
        },
        content);
  }

  @Override
  public synchronized void update(KubernetesClient client, LeaderElectionRecord content) {
    write(() -> super.update(client, content), content);
  }

  private void write(Runnable write, LeaderElectionRecord content) {
    long start = System.nanoTime();
    try {
      write.run();
      contact.answered(Duration.ofNanos(System.nanoTime() - start));
      holder = Objects.requireNonNullElse(content.getHolderIdentity(), "");
      // the write named the version that was read, so it changed the object with that UID
      uid = uidRead;
      epoch = content.getLeaderTransitions();
      renewed = start;
      everRenewed = !holder.isEmpty();
      problems.solved(subject);
    } catch (KubernetesClientException e) {
      if (e.getCode() == CONFLICT) {
        contact.answered(Duration.ofNanos(System.nanoTime() - start));
      } else {
        contact.failed();
        problems.found(subject, e);
      }
      throw e;
    }
  }
}
