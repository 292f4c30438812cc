package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.record.FailoverRecords.Stored;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.testing.apiserver.ApiServer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Checks that only one of two leaders writes a record, and that a completed failover does not start
 * again.
 */
class FailoverRecordsIT {

  private static final String NAMESPACE = "failover-records";
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  private final KubernetesClient client = ApiServer.running().client();
  private final FailoverStore objects = new FailoverStore(client, () -> true);
  private final FailoverRecords records =
      new FailoverRecords(
          objects, NAMESPACE, new ConditionLog(getClass(), "docs/guides/failover.md"));
  private final String cluster = objects.clusterUid();
  private final FailoverRecord record = TestRecords.of(UUID.randomUUID().toString(), now);

  @BeforeEach
  void makeNamespace() {
    client
        .resource(
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: %s}
            """
                .formatted(NAMESPACE))
        .serverSideApply();
  }

  @AfterEach
  void remove() {
    client.configMaps().inNamespace(NAMESPACE).delete();
  }

  private List<Stored> list() {
    return records.list(cluster, now);
  }

  private ConfigMap map() {
    return client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(FailoverRecords.PREFIX + record.key())
        .get();
  }

  private void edit(String key, String value) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(FailoverRecords.PREFIX + record.key())
        .edit(found -> new ConfigMapBuilder(found).addToData(key, value).build());
  }

  @Test
  void a_record_is_read_as_it_was_written() {
    Stored written = records.create(record, cluster, 7).orElseThrow();
    assertThat(list()).containsExactly(written);
    assertThat(written.epoch()).isEqualTo(7);
    assertThat(map().getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/managed-by", "rwop-guard")
        .containsEntry("velero.io/exclude-from-backup", "true");
    assertThat(map().getData()).containsKeys("schema", "epoch", "expires", "cluster", "record");
  }

  @Test
  void a_late_write_of_a_deposed_leader_neither_loses_nor_resurrects_a_record() {
    Stored deposed = records.create(record, cluster, 1).orElseThrow();
    Stored next = records.update(deposed, record, cluster, 2).orElseThrow();
    FailoverRecord late = record.endedBy(Outcome.CANCELED);
    assertThat(records.update(deposed, late, cluster, 1)).isEmpty();
    assertThat(list()).containsExactly(next);

    FailoverRecord done = record.endedBy(Outcome.DONE);
    Stored ended = records.update(next, done, cluster, 2).orElseThrow();
    assertThat(records.update(next, record, cluster, 1)).isEmpty();
    assertThat(records.create(record, cluster, 1)).isEmpty();
    assertThat(list()).containsExactly(ended);
  }

  @Test
  void two_controllers_that_start_the_same_failover_start_one() {
    Optional<Stored> one = records.create(record, cluster, 1);
    Optional<Stored> other = records.create(record, cluster, 2);
    assertThat(one).isPresent();
    assertThat(other).isEmpty();
  }

  @Test
  void a_record_of_another_cluster_which_a_backup_brought_is_removed() {
    records.create(record, "another-cluster", 1);
    assertThat(list()).isEmpty();
    assertThat(map()).isNull();
  }

  @Test
  void a_record_that_has_expired_is_removed() {
    records.create(record, cluster, 1);
    assertThat(records.list(cluster, now.plus(2, ChronoUnit.HOURS))).isEmpty();
    assertThat(map()).isNull();
  }

  @Test
  void a_record_of_a_newer_version_is_left_alone_and_not_replaced() {
    records.create(record, cluster, 1);
    edit("schema", "2");
    assertThat(list()).isEmpty();
    assertThat(map().getData()).containsEntry("schema", "2");
    assertThat(records.create(record, cluster, 2)).isEmpty();
  }

  @Test
  void leaves_alone_what_is_no_record() {
    records.create(record, cluster, 1);
    edit("record", "{\"node\": \"../x\"}");
    assertThat(list()).isEmpty();
    assertThat(map()).isNotNull();
  }
}
