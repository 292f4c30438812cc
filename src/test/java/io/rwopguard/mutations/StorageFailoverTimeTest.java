package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks how long checks of the volume fail before a container is to blame. */
class StorageFailoverTimeTest {

  private static final String CEPH = "rbd.csi.ceph.com";
  private static final String UNKNOWN = "unknown.example.org";

  private static PatchBuilder draft(String driver, String annotations, String probes) {
    ManifestInventory inventory = new ManifestInventory(new EmptyInventory());
    inventory.add(
        Manifests.facts(
            Manifests.parse(
                """
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: data, namespace: shop}
                spec: {accessModes: [ReadWriteOncePod], volumeName: vol}
                """)));
    inventory.add(
        Manifests.facts(
            Manifests.parse(
                """
                apiVersion: v1
                kind: PersistentVolume
                metadata: {name: vol}
                spec:
                  accessModes: [ReadWriteOncePod]
                  csi: {driver: %s, volumeHandle: a}
                """
                    .formatted(driver))));
    ObjectNode pod =
        Manifests.parse(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: db, annotations: {%s}}
            spec:
              containers:
                - name: db
                  image: example.org/db
                  volumeMounts: [{name: data, mountPath: /data}]
                  %s
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
            """
                .formatted(annotations, probes));
    return new MutationSet(MutationSettings.DEFAULTS).apply(Manifests.facts(pod), pod, inventory);
  }

  /** Seconds between the first failed check and the last, if each fails at once. */
  private static int patience(PatchBuilder draft) {
    JsonNode probe = draft.edited().path("spec").path("containers").path(0).path("livenessProbe");
    return (probe.path("failureThreshold").asInt() - 1) * probe.path("periodSeconds").asInt();
  }

  private static int failover(String driver) {
    return Drivers.of(driver).orElseThrow().storageFailoverSeconds();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rwop-guard.io/healthcheck-write: .health",
        "rwop-guard.io/healthcheck-file: health"
      })
  void a_check_of_the_volume_outlasts_the_failover_of_its_storage(String annotation) {
    assertThat(patience(draft(CEPH, annotation, ""))).isGreaterThan(failover(CEPH));
  }

  @Test
  void a_check_that_writes_outlasts_a_minute_where_nothing_is_known_of_the_storage() {
    assertThat(patience(draft(UNKNOWN, "rwop-guard.io/healthcheck-write: .health", "")))
        .isGreaterThan(60);
    assertThat(patience(draft(UNKNOWN, "rwop-guard.io/healthcheck-file: health", "")))
        .as("the page cache answers")
        .isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[sh, -c, 'cat /data/health; exit 1']   | true",
        "[/data/bin/check]                        | true",
        "[ls, /data]                              | true",
        "[stat, --file-system=/data]              | true",
        "[pg_isready]                             | false",
        "[ls, /database]                          | false",
        "[cat, /var/data/health]                  | false",
        "[cat, /data.d/health]                    | false",
      })
  void an_authors_check_touches_the_volume_if_its_command_names_it(
      String command, boolean touches) {
    String slow =
        "livenessProbe: {exec: {command: %s}, periodSeconds: 60, failureThreshold: 10}"
            .formatted(command);
    int patience = patience(draft(CEPH, "", slow));
    if (touches) {
      assertThat(patience).isGreaterThan(failover(CEPH));
    } else {
      assertThat(patience).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[sh, -c, 'touch /data/x']        | true",
        "[sh, -c, 'echo 1 > /data/x']     | true",
        "[sync, /data]                    | true",
        "[sh, -c, 'date >> /data/x']      | true",
        "[sh, -c, 'date >/data/x 2>&1']   | true",
        "[cat, /data/x]                   | false",
        "[sh, -c, 'cat /data/x >/dev/null 2>&1'] | false",
        "[sh, -c, 'cat /data/x 2> /dev/null']    | false",
        "[sh, -c, 'cat /data/x >> /dev/stdout']  | false",
        "[sh, -c, 'cat /data/x >&2']             | false",
        "[sh, -c, 'ls /data/add-touches'] | false",
      })
  void only_a_check_that_writes_waits_for_unknown_storage(String command, boolean waits) {
    String asked = "livenessProbe: {exec: {command: %s}, periodSeconds: 60}".formatted(command);
    assertThat(patience(draft(UNKNOWN, "", asked)) > 60).isEqualTo(waits);
  }

  @Test
  void an_authors_check_that_is_quicker_stays_and_is_warned_of() {
    String quick =
        "livenessProbe: {exec: {command: [cat, /data/x]}, periodSeconds: 3, failureThreshold: 2}";
    PatchBuilder draft = draft(CEPH, "", quick);
    assertThat(patience(draft)).isEqualTo(3);
    assertThat(draft.warnings())
        .anyMatch(
            warning ->
                warning.contains("touches the volume and gives up after 6 s")
                    && warning.contains("may need %d s to fail over".formatted(failover(CEPH))));
  }

  @Test
  void keeps_what_was_set_once_when_it_is_seen_again() {
    PatchBuilder first = draft(CEPH, "rwop-guard.io/healthcheck-write: .health", "");
    JsonNode set = first.edited().path("spec").path("containers").path(0).path("livenessProbe");
    PatchBuilder second =
        draft(CEPH, "rwop-guard.io/healthcheck-write: .health", "livenessProbe: " + set);
    assertThat(patience(second)).isEqualTo(patience(first));
    assertThat(second.warnings()).noneMatch(warning -> warning.contains("touches the volume"));
  }
}
