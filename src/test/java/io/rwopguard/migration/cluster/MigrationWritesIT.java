package io.rwopguard.migration.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.apiserver.ApiServer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each write of a move names the version of the object that it was decided on. */
class MigrationWritesIT {

  private static final ApiServer API = ApiServer.running();

  private static final MigrationObjects OBJECTS = new MigrationObjects(API.client());

  /** An object of each kind. No controller reconciles them. */
  private static final String WRITTEN =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: migration-writes}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Retain
        csi: {driver: rbd.csi.ceph.com, volumeHandle: migration-writes}
        claimRef: {namespace: migration-writes, name: db, uid: before, resourceVersion: "1"}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: db, namespace: migration-writes}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        volumeName: migration-writes
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: migration-writes}
      spec:
        replicas: 1
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec: {containers: [{name: db, image: db}]}
      """;

  private static final ObjectKey VOLUME =
      new ObjectKey(Kind.PERSISTENT_VOLUME, "", "migration-writes");
  private static final ObjectKey CLAIM =
      new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, "migration-writes", "db");
  private static final ObjectKey SET = new ObjectKey(Kind.STATEFUL_SET, "migration-writes", "db");

  private interface Writing {
    void write(MigrationWrites writes, ObjectVersion version, JsonNode object);
  }

  private record Write(ObjectKey of, Writing writing) {}

  private static Arguments of(String name, ObjectKey key, Writing writing) {
    return arguments(named(name, new Write(key, writing)));
  }

  private static ArrayNode none() {
    return JsonNodeFactory.instance.arrayNode();
  }

  private static MigrationRecord record() {
    return MigrationRecord.parse(
        "{\"namespace\":\"migration-writes\",\"name\":\"db\",\"since\":\"2026-11-28T00:00:00Z\"}");
  }

  private static List<Arguments> writes() {
    String volume = VOLUME.name();
    Optional<String> run = Optional.of("run");
    ClaimKey claim = new ClaimKey(CLAIM.namespace(), CLAIM.name());
    return List.of(
        of("annotate", VOLUME, (to, at, old) -> to.annotate(volume, at, all -> all.put("a", "b"))),
        of("retain", VOLUME, (to, at, old) -> to.retain(volume, at, record())),
        of("finish", VOLUME, (to, at, old) -> to.finish(volume, at, Optional.of("Delete"))),
        of(
            "release",
            VOLUME,
            (to, at, old) -> to.release(at, old, claim, "", MigrationRecord.EXCLUSIVE)),
        of("scale", SET, (to, at, old) -> to.scale(SET, at, 0)),
        of("label a claim", CLAIM, (to, at, old) -> to.label(CLAIM, at, run)),
        of("label a set", SET, (to, at, old) -> to.label(SET, at, run)),
        of("managers of a claim", CLAIM, (to, at, old) -> to.managers(CLAIM, at, none())),
        of("managers of a set", SET, (to, at, old) -> to.managers(SET, at, none())),
        of("delete a claim", CLAIM, (to, at, old) -> to.delete(CLAIM, at, "Background")),
        of("delete a set", SET, (to, at, old) -> to.delete(SET, at, "Orphan")));
  }

  @BeforeAll
  static void start() throws Exception {
    API.kubectl("", "create", "namespace", CLAIM.namespace());
  }

  @AfterAll
  static void stop() throws Exception {
    remove();
  }

  private static void remove() throws Exception {
    API.kubectl(WRITTEN, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
    // no controller is there that would remove them
    String nothing = "{\"metadata\":{\"finalizers\":null}}";
    API.kubectl("", "patch", "pv", VOLUME.name(), "-p", nothing);
    for (String kind : new String[] {"pvc", "statefulset"}) {
      API.kubectl("", "-n", CLAIM.namespace(), "patch", kind, CLAIM.name(), "-p", nothing);
    }
  }

  @ParameterizedTest
  @MethodSource("writes")
  void a_write_is_of_the_version_that_was_read_or_is_refused_and_changes_nothing(Write write)
      throws Exception {
    remove();
    assertThat(API.kubectl(WRITTEN, "create", "-f", "-").exitCode()).isZero();
    JsonNode old = OBJECTS.object(write.of).orElseThrow();
    change(write.of);
    JsonNode now = OBJECTS.object(write.of).orElseThrow();
    ObjectVersion version = ObjectVersion.of(now);
    assertThat(version).isNotEqualTo(ObjectVersion.of(old));

    assertRefused(() -> write.writing.write(OBJECTS.writes(), ObjectVersion.of(old), old));
    assertThat(OBJECTS.object(write.of)).as("by an old version").contains(now);
    ObjectVersion another =
        new ObjectVersion(UUID.randomUUID().toString(), version.resourceVersion());
    assertRefused(() -> write.writing.write(OBJECTS.writes(), another, now));
    assertThat(OBJECTS.object(write.of)).as("by another UID").contains(now);

    write.writing.write(OBJECTS.writes(), version, now);
    assertThat(OBJECTS.object(write.of)).isNotEqualTo(Optional.of(now));
  }

  private static void change(ObjectKey key) throws Exception {
    // kubectl takes the namespace of a volume for nothing
    String namespace = "--namespace=" + CLAIM.namespace();
    String[] command = {"annotate", key.kind().kindName(), key.name(), "later=yes", namespace};
    assertThat(API.kubectl("", command).exitCode()).isZero();
  }

  private static void assertRefused(Runnable write) {
    assertThatThrownBy(write::run)
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            refusal -> assertThat(refusal.getCode()).isIn(409, 422));
  }
}
