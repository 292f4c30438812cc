package io.rwopguard.failover.detection;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ClusterApi.PatchKind;
import io.rwopguard.failover.cluster.VersionedWrites;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Sign;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Exchanges with the other replicas which late nodes each of them reaches. A network fault between
 * one replica and a node must not look like the node's death. Each replica has an annotation on one
 * Lease in the service's own namespace. It is read and written only while a node is late.
 */
public final class PeerVetoes {

  static final String PREFIX = "probes.rwop-guard.io/";

  private static final JsonMapper JSON = new JsonMapper();
  private static final String METADATA = "metadata";
  private static final String ANNOTATIONS = "annotations";

  /** The interval between writes. For a reader, a report expires after ten seconds. */
  private static final long WRITE_EVERY = Duration.ofSeconds(3).toNanos();

  /** The tries, since other replicas may write at the same moment after their last exchange. */
  private static final int TRIES = 3;

  private static final long HOLDS = Duration.ofSeconds(10).toNanos();

  /** The time without a report after which the annotation of a replica is removed. */
  private static final long GONE_AFTER = Duration.ofMinutes(10).toNanos();

  private record Seen(String value, long at) {}

  private final ClusterApi api;
  private final VersionedWrites writes;
  private final String namespace;
  private final String name;
  private final String own;
  private final Heartbeats heartbeats;
  private final Reachability reachability;
  private final int suspectPercent;
  private final Map<String, Seen> peers = new HashMap<>();
  private Map<String, String> published = Map.of();

  /** The nodes that this replica reported, and since when it has not reached them. */
  private final Map<String, Long> left = new TreeMap<>();

  private List<String> lost = List.of();
  private long lastWrite;
  private long count;

  /**
   * Creates an exchange through the Lease of this name.
   *
   * @param api whose requests time out within seconds
   * @param identity of this replica, which ends with a UUID
   */
  public PeerVetoes(
      ClusterApi api,
      String namespace,
      String name,
      String identity,
      Heartbeats heartbeats,
      Reachability reachability,
      int suspectPercent) {
    this.api = api;
    // every replica writes, whether or not it leads
    this.writes = new VersionedWrites(api, () -> true);
    this.namespace = namespace;
    this.name = name;
    this.own = PREFIX + identity.substring(identity.lastIndexOf('_') + 1);
    this.heartbeats = heartbeats;
    this.reachability = reachability;
    this.suspectPercent = suspectPercent;
  }

  /** Exchanges with the other replicas which nodes each of them reaches, if a node is late. */
  public void exchange(long now) {
    Map<String, Silence> late = heartbeats.late(now);
    // in that case no node is considered dead, and the annotation could become too long
    boolean tooMany = heartbeats.areTooManyLate(suspectPercent, now);
    Map<String, String> reached = tooMany ? Map.of() : reached(late, now);
    if (late.isEmpty() && published.isEmpty()) {
      return;
    }
    int tries = 0;
    while (!exchanged(late, reached, tooMany, now) && ++tries < TRIES) {
      // another replica wrote its report first; the next try reads it
    }
  }

  /** Exchanges the reports once. Returns false if the Lease changed between reading and writing. */
  private boolean exchanged(
      Map<String, Silence> late, Map<String, String> reached, boolean tooMany, long now) {
    Optional<JsonNode> lease = api.get(Resources.LEASES, namespace, name);
    read(lease.map(PeerVetoes::reports).orElse(Map.of()), now);
    // a veto without its reason would cost another ten seconds
    published.keySet().forEach(node -> left.putIfAbsent(node, now));
    left.keySet().removeAll(reached.keySet());
    left.values().removeIf(since -> now - since > HOLDS);
    List<String> lostNow =
        left.keySet().stream()
            .filter(node -> isLost(late.get(node), node, now) && !tooMany)
            .toList();
    boolean changed = !reached.equals(published) || !lostNow.equals(lost);
    if (changed || (!reached.isEmpty() && now - lastWrite >= WRITE_EVERY)) {
      // the number makes each report differ from the one before
      count++;
      ObjectNode report = JSON.createObjectNode().put("number", count);
      reached.forEach(report.putObject("reached")::put);
      lostNow.forEach(report.putArray("lost")::add);
      String text = report.toString();
      if (!(lease.isEmpty() ? create(text) : write(lease.get(), text, now))) {
        return false;
      }
      published = reached;
      lost = lostNow;
      lastWrite = now;
    }
    return true;
  }

  /** Returns whether a node whose renewal is still late was probed since, and did not answer. */
  private boolean isLost(Silence silence, String node, long now) {
    return silence != null
        && reachability.of(node, now - silence.duration().toNanos(), now) == Sign.UNREACHABLE;
  }

  private Map<String, String> reached(Map<String, Silence> late, long now) {
    Map<String, String> reached = new TreeMap<>();
    late.forEach(
        (node, silence) -> {
          if (reachability.of(node, now - silence.duration().toNanos(), now) == Sign.REACHED) {
            reached.put(node, silence.renewTime());
          }
        });
    return reached;
  }

  private void read(Map<String, String> annotations, long now) {
    annotations.forEach(
        (key, value) -> {
          if (!key.startsWith(PREFIX) || key.equals(own)) {
            return;
          }
          Seen before = peers.get(key);
          if (before == null || !before.value().equals(value)) {
            peers.put(key, new Seen(value, now));
            JsonNode report = parse(value);
            report
                .path("reached")
                .properties()
                .forEach(
                    each ->
                        reachability.reachedByPeer(
                            key, each.getKey(), each.getValue().asText(), now));
            report.path("lost").forEach(node -> reachability.lostByPeer(key, node.asText()));
          }
        });
    peers.keySet().retainAll(annotations.keySet());
  }

  private static JsonNode parse(String value) {
    try {
      return JSON.readTree(value);
    } catch (JsonProcessingException e) {
      return JSON.createObjectNode();
    }
  }

  private static Map<String, String> reports(JsonNode lease) {
    Map<String, String> reports = new TreeMap<>();
    lease
        .path(METADATA)
        .path(ANNOTATIONS)
        .properties()
        .forEach(each -> reports.put(each.getKey(), each.getValue().asText()));
    return reports;
  }

  /** Creates the Lease. Returns false if another replica came first, whose report is then read. */
  private boolean create(String report) {
    ObjectNode lease = JSON.createObjectNode();
    lease.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    ObjectNode metadata = lease.putObject(METADATA);
    metadata.put("namespace", namespace).put("name", name);
    metadata.putObject(ANNOTATIONS).put(own, report);
    return writes.create(Resources.LEASES, namespace, lease).isPresent();
  }

  /**
   * Writes this replica's report. Returns false if the Lease has changed since it was read, since a
   * report that was repeated meanwhile must not be removed.
   */
  private boolean write(JsonNode lease, String report, long now) {
    ObjectNode patch = Preconditions.mergePatchOf(lease);
    ObjectNode changes = patch.withObject("/" + METADATA).putObject(ANNOTATIONS);
    changes.put(own, report);
    peers.forEach(
        (key, seen) -> {
          if (now - seen.at() > GONE_AFTER) {
            changes.putNull(key);
          }
        });
    return writes.patch(Resources.LEASES, lease, "", PatchKind.MERGE, patch);
  }
}
