package io.rwopguard.failover;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Problems;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodPlace;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.workload.ClaimKey;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Keeps the Lease of each claim of opted-in namespaces: who may write to it now. On a thread of its
 * own, since thousands may have to be made at first, and nothing waits for them.
 */
final class PrimaryLeases {

  private static final Logger LOG = Logger.getLogger(PrimaryLeases.class);
  private static final JsonMapper JSON = new JsonMapper();

  /** As long as a watch may be late with what was written. */
  private static final long JUST_NOW = Duration.ofSeconds(10).toNanos();

  private record Written(String holder, long at) {}

  private final FailoverObjects objects;
  private final Inventory inventory;
  private final Function<ClaimKey, Optional<PrimaryLease>> known;
  private final Problems problems;
  private final Map<ClaimKey, Written> written = new HashMap<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final Clocks clocks;
  private final Executor thread;

  PrimaryLeases(
      FailoverObjects objects,
      Inventory inventory,
      Function<ClaimKey, Optional<PrimaryLease>> known,
      Problems problems,
      Clocks clocks,
      Executor thread) {
    this.objects = objects;
    this.inventory = inventory;
    this.known = known;
    this.problems = problems;
    this.clocks = clocks;
    this.thread = thread;
  }

  /** Who may write to each claim now, by what is known of the Pods. */
  static Map<ClaimKey, ClaimUser> primaries(
      Inventory inventory, Function<ClaimKey, Optional<PrimaryLease>> known) {
    Map<ClaimKey, ClaimUser> primaries = new HashMap<>();
    inventory
        .pods()
        .filter(pod -> pod.place().filter(place -> !place.over()).isPresent())
        .forEach(
            pod ->
                pod.claims()
                    .forEach(
                        claim ->
                            primaries.merge(
                                claim,
                                pod,
                                (one, other) -> stronger(one, other, known.apply(claim)))));
    primaries
        .keySet()
        .removeIf(
            claim ->
                !PodFactsReader.isOptedIn(claim.namespace(), inventory)
                    || SingleWriter.of(claim, inventory) != SingleWriter.YES);
    return primaries;
  }

  /** Of two that have a node, which only one that goes round the scheduler makes happen. */
  private static ClaimUser stronger(ClaimUser one, ClaimUser other, Optional<PrimaryLease> lease) {
    String holder = lease.map(PrimaryLease::holder).orElse("");
    Comparator<ClaimUser> strength =
        Comparator.<ClaimUser, Boolean>comparing(pod -> !place(pod).beingDeleted())
            .thenComparing(pod -> place(pod).ready())
            .thenComparing(pod -> holderOf(pod).equals(holder))
            .thenComparing(pod -> place(pod).uid());
    return strength.compare(one, other) >= 0 ? one : other;
  }

  private static PodPlace place(ClaimUser pod) {
    return pod.place().orElseThrow();
  }

  private static String holderOf(ClaimUser pod) {
    return PrimaryLease.holder(pod.key().name(), place(pod).uid());
  }

  /** Brings the Leases up to date, unless that is under way. */
  void update() {
    if (busy.compareAndSet(false, true)) {
      thread.execute(
          () -> {
            try {
              write();
              problems.solved("primary Leases");
            } catch (NotLeaderException e) {
              // whoever leads now goes on with it
            } catch (KubernetesClientException e) {
              problems.found("primary Leases", e);
            } catch (RuntimeException e) {
              LOG.error("failed on primary Leases", e);
            } finally {
              busy.set(false);
            }
          });
    }
  }

  private void write() {
    long now = clocks.nanos();
    written.values().removeIf(each -> now - each.at() > JUST_NOW);
    for (var primary : primaries(inventory, known).entrySet()) {
      ClaimKey claim = primary.getKey();
      String holder = holderOf(primary.getValue());
      PrimaryLease lease = known.apply(claim).orElse(null);
      Written last = written.get(claim);
      boolean current = lease != null && lease.holder().equals(holder);
      if (current || (last != null && last.holder().equals(holder))) {
        continue;
      }
      if (lease == null) {
        objects.create(new PrimaryLease(claim, PrimaryLease.nameOf(claim), holder, 0, Map.of()));
      } else {
        objects.patch(claim, change(holder, lease.transitions() + 1));
      }
      written.put(claim, new Written(holder, clocks.nanos()));
    }
  }

  private ObjectNode change(String holder, int transitions) {
    ObjectNode patch = JSON.createObjectNode();
    patch
        .putObject("spec")
        .put("holderIdentity", holder)
        .put("leaseTransitions", transitions)
        .put("acquireTime", clocks.wall().instant().truncatedTo(ChronoUnit.MICROS).toString());
    return patch;
  }
}
