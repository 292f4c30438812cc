package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.cluster.ParallelRequests;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps the records of failovers, as ConfigMaps in the controller's own namespace, where no tenant
 * writes. A record is kept for 65 minutes after the decision. It is the history that budgets count.
 * It also prevents a late write of a deposed leader from creating the record again.
 *
 * <p>Every write names the resourceVersion that was read, so that of two writers one is refused.
 */
public final class FailoverRecords {

  /** The value of the label that marks the ConfigMap of a record. */
  public static final String LABEL_VALUE = "failover";

  static final String PREFIX = "rwop-guard-failover-";

  /** The first, and so far the only, format of records. */
  static final int SCHEMA = 1;

  private static final JsonMapper JSON = new JsonMapper();
  private static final String DATA = "data";
  private static final String METADATA = "metadata";

  private static final String FROM_FUTURE =
      ("its date %s is more than "
          + FailoverRecord.CLOCK_SKEW.toMinutes()
          + " minutes ahead of the clock of this replica. Until then, the failover is not resumed"
          + " and the record does not expire. Synchronize the clocks of the nodes that run the"
          + " controllers. If the record is wrong, for example after a restore, check that no Pod"
          + " waits for a volume that node %s holds, then delete the ConfigMap");

  /** The time that a record is kept. It is longer than the time that budgets look back. */
  private static final Duration KEPT = Duration.ofMinutes(65);

  /**
   * A record as the API server has it.
   *
   * @param uid of the ConfigMap
   * @param version its resourceVersion
   * @param epoch of the leader that wrote it last
   */
  public record Stored(FailoverRecord record, String uid, String version, long epoch) {}

  private final FailoverStore objects;
  private final String namespace;
  private final ConditionLog problems;

  /**
   * Creates the store of records.
   *
   * @param namespace the controller's own
   */
  public FailoverRecords(FailoverStore objects, String namespace, ConditionLog problems) {
    this.objects = objects;
    this.namespace = namespace;
    this.problems = problems;
  }

  /**
   * Reads all records. It leaves out those that another version wrote, and reports them. It also
   * leaves out records of another cluster, such as from a restored backup, and records that have
   * expired. The same applies to records that are being deleted and only wait for a finalizer. It
   * includes records from the future, and reports them.
   *
   * @param cluster the UID of namespace kube-system
   */
  public List<Stored> list(String cluster, Instant now) {
    List<Stored> found = new ArrayList<>();
    for (JsonNode map :
        objects.list(Resources.CONFIG_MAPS, namespace, Map.of(OwnLabels.RECORD, LABEL_VALUE))) {
      try {
        read(map, cluster, now).ifPresent(found::add);
      } catch (NotLeaderException e) {
        throw e;
      } catch (RuntimeException e) {
        // one that cannot be read or removed does not stop the others from being resumed
        problems.found(
            "ConfigMap %s/%s".formatted(namespace, map.path(METADATA).path("name").asText()), e);
      }
    }
    return found;
  }

  /** Reports why a record could not be adopted; without a failure, that it was. */
  public void adoption(String key, Optional<KubernetesClientException> failure) {
    String subject = "resuming ConfigMap %s/%s".formatted(namespace, nameOf(key));
    failure.ifPresentOrElse(why -> problems.found(subject, why), () -> problems.solved(subject));
  }

  private Optional<Stored> read(JsonNode map, String cluster, Instant now) {
    String name = map.path(METADATA).path("name").asText();
    JsonNode data = map.path(DATA);
    if (map.path(METADATA).has("deletionTimestamp")) {
      return Optional.empty();
    }
    String subject = "ConfigMap " + namespace + "/" + name;
    if (data.path("schema").asInt(0) != SCHEMA) {
      problems.found(
          subject,
          "its schema is \"%s\", and this version reads %d: another version of rwop-guard wrote it, so this version ignores it. Run that version, or check the node and the claim that it names and delete the ConfigMap"
              .formatted(data.path("schema").asText(""), SCHEMA));
      return Optional.empty();
    }
    FailoverRecord record = RecordFormat.read(data.path("record").asText("")).orElse(null);
    if (record == null || !name.equals(nameOf(record.key()))) {
      problems.found(
          subject,
          "it is not a valid failover record, so rwop-guard ignores it and does not resume its failover. Check that no Pod waits for a volume on a dead node, then delete the ConfigMap");
      return Optional.empty();
    }
    boolean foreign = !data.path("cluster").asText("").equals(cluster);
    boolean expired = record.decided().plus(KEPT).isBefore(now);
    if (foreign || expired) {
      problems.solved(subject);
      objects.delete(Resources.CONFIG_MAPS, map);
      return Optional.empty();
    }
    if (record.isFromFuture(now)) {
      problems.found(subject, FROM_FUTURE.formatted(record.latest(), record.node()));
    } else {
      problems.solved(subject);
    }
    return Optional.of(
        new Stored(
            record,
            map.path(METADATA).path("uid").asText(),
            map.path(METADATA).path("resourceVersion").asText(),
            data.path("epoch").asLong(0)));
  }

  /** Creates a record; empty if one with its key exists. */
  public Optional<Stored> create(FailoverRecord record, String cluster, long epoch) {
    return objects
        .create(Resources.CONFIG_MAPS, namespace, toJson(record, cluster, epoch))
        .map(map -> stored(record, map, epoch));
  }

  /**
   * Returns why there is no record, if the API server refused it.
   *
   * @throws KubernetesClientException the same if the API server gave no answer, or no definite one
   */
  public Refusal denied(FailoverRecord record, KubernetesClientException failure) {
    if (ParallelRequests.isOfAll(failure)) {
      throw failure;
    }
    return new Refusal(
        RefusalReason.NOT_RECORDED,
        "the API server refuses the failover record, ConfigMap %s/%s: %s. Without it, the next leader could not resume the failover, so none starts. Allow the controller's ServiceAccount to create ConfigMaps there, and exempt it from the quota, policy or webhook that the answer names"
            .formatted(namespace, nameOf(record.key()), ConditionLog.textOf(failure)));
  }

  /** Replaces a record that is still as it was read; empty if it is not. */
  public Optional<Stored> update(Stored before, FailoverRecord record, String cluster, long epoch) {
    ObjectNode map = toJson(record, cluster, epoch);
    ObjectNode metadata = (ObjectNode) map.path(METADATA);
    metadata.put("uid", before.uid()).put("resourceVersion", before.version());
    return objects
        .replace(Resources.CONFIG_MAPS, namespace, map)
        .map(written -> stored(record, written, epoch));
  }

  private static Stored stored(FailoverRecord record, JsonNode map, long epoch) {
    JsonNode metadata = map.path(METADATA);
    return new Stored(
        record, metadata.path("uid").asText(), metadata.path("resourceVersion").asText(), epoch);
  }

  private ObjectNode toJson(FailoverRecord record, String cluster, long epoch) {
    ObjectNode map = JSON.createObjectNode();
    map.put("apiVersion", "v1").put("kind", "ConfigMap");
    ObjectNode metadata = map.putObject(METADATA);
    metadata.put("name", nameOf(record.key())).put("namespace", namespace);
    OwnLabels.putRecord(metadata, LABEL_VALUE);
    map.putObject(DATA)
        .put("schema", Integer.toString(SCHEMA))
        .put("cluster", cluster)
        .put("epoch", Long.toString(epoch))
        // for people: the time in the record is the one that counts
        .put("expires", record.times().get(Step.DECIDED).plus(KEPT).toString())
        .put("record", RecordFormat.write(record));
    return map;
  }

  /** Returns the name of the ConfigMap of a failover. */
  public static String nameOf(String key) {
    return PREFIX + key.toLowerCase(Locale.ROOT);
  }
}
