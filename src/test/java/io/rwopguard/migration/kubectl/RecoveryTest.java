package io.rwopguard.migration.kubectl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.plan.ClaimState;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.ClaimState.Snapshot;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RequestMark;
import io.rwopguard.migration.plan.Workload;
import io.rwopguard.migration.plan.Workload.Seen;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.Manifests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the advice for a move that cannot continue: no line of it creates an empty volume. */
class RecoveryTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "pages");
  private static final ObjectVersion VERSION = new ObjectVersion("u", "1");
  private static final ObjectNode OBJECT =
      Manifests.parse(
          """
          apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: {name: pages, namespace: shop, uid: u, resourceVersion: "1", finalizers: [a.io/b]}
          spec: {accessModes: [ReadWriteOnce], volumeName: pv-1}
          """);

  private static final String TEST_BOUND =
      "  test \"$(kubectl -n shop get pvc pages -o jsonpath='{.metadata.uid} {.spec.volumeName} {.status.phase}{.metadata.deletionTimestamp}')\" = \"$(kubectl get pv pv-1 -o jsonpath='{.spec.claimRef.uid}') pv-1 Bound\"";

  private static final String ELSE =
      " || { echo 'stopped, because the cluster has changed: run rwop-guard again' >&2; false; }";

  private final Kind kind;
  private boolean copied;
  private boolean alone = true;
  private boolean rollback;
  private Optional<Claim> claim = Optional.empty();
  private Optional<Seen> seen;
  private boolean setCopied;
  private boolean recreatable;
  private String policy = "Retain";
  private Optional<String> claimUid = Optional.of("u");
  private String volumeModes = MigrationRecord.SHARED.get(0);
  private Set<ObjectVersion> inFlight = Set.of();

  RecoveryTest() {
    kind = Kind.DEPLOYMENT;
    seen = Optional.of(new Seen(VERSION, false, 0, true, false, true, RequestMark.NOT_NEEDED));
  }

  private static Optional<Claim> claim(boolean going, boolean bound) {
    return Optional.of(
        new Claim(
            VERSION,
            MigrationRecord.SHARED,
            going,
            bound,
            bound,
            false,
            true,
            RequestMark.NOT_NEEDED,
            Snapshot.NOT_WANTED));
  }

  private String said(Kind of) {
    ObjectKey workload = new ObjectKey(of, "shop", "wiki");
    ObjectNode volume =
        Manifests.parse(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv-1, uid: v, resourceVersion: "1"}
            spec:
              accessModes: [ReadWriteOnce]
              capacity: {storage: 1Gi}
              claimRef: {namespace: shop, name: pages, uid: u}
            """);
    volume.withObject("/spec").put("persistentVolumeReclaimPolicy", policy);
    volume.withObject("/spec").putArray("accessModes").add(volumeModes);
    claimUid.ifPresentOrElse(
        uid -> volume.withObject("/spec/claimRef").put("uid", uid),
        () -> volume.withObject("/spec/claimRef").remove("uid"));
    ObjectNode annotations = volume.withObject("/metadata/annotations");
    if (copied) {
      new ManifestCopy(
              VERSION,
              ClaimManifest.with(ClaimManifest.of(OBJECT, volume), MigrationRecord.EXCLUSIVE))
          .putInto(annotations, ManifestCopy.OF_CLAIM);
    }
    if (seen.isEmpty() || setCopied) {
      new ManifestCopy(
              VERSION, Manifests.parse("{kind: StatefulSet, metadata: {name: wiki}, spec: {}}"))
          .putInto(annotations, ManifestCopy.OF_SET);
    }
    MigrationRecord record =
        new MigrationRecord(
            CLAIM,
            List.of(CLAIM.name()),
            MigrationRecord.SHARED,
            rollback,
            Optional.of("Delete"),
            Optional.of(workload),
            "",
            2,
            JsonNodeFactory.instance.arrayNode(),
            Instant.EPOCH,
            "",
            List.of(),
            alone);
    annotations.put(MigrationRecord.ANNOTATION, record.toJson());
    Optional<JsonNode> object = claim.map(any -> OBJECT);
    MigrationScope unit =
        new MigrationScope(
            Optional.of(workload), "", List.of(new BoundClaim(CLAIM, object, volume)));
    ObservedState look =
        new ObservedState(
            List.of(
                new ClaimState(
                    record, VERSION, true, true, true, MigrationRecord.SHARED, "u", claim)),
            new Workload(
                seen,
                List.of(),
                false,
                Optional.empty(),
                seen.isEmpty() || recreatable,
                Optional.empty()),
            List.of(volume),
            List.of(object),
            seen.filter(Seen::going)
                .map(any -> Manifests.parse("{metadata: {finalizers: [orphan]}}")));
    return Recovery.of(unit, look, inFlight);
  }

  @Test
  void a_deployment_is_started_once_its_claim_is_recreated_and_bound() {
    copied = true;
    assertThat(said(kind).lines())
        .filteredOn(line -> line.startsWith("  "))
        .satisfiesExactly(
            line -> assertThat(line).contains("kubectl patch pv pv-1").endsWith(" &&"),
            line ->
                assertThat(line).contains("migration-claim").endsWith("| kubectl create -f - &&"),
            line ->
                assertThat(line)
                    .contains("kubectl -n shop wait", "=Bound pvc/pages")
                    .endsWith(" &&"),
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "  kubectl -n shop scale deployment/wiki --replicas=2 --current-replicas=0"
                            + ELSE));
  }

  /** It may be gone by the time at which the lines are used. */
  @Test
  void nothing_is_started_without_a_look_at_a_claim_that_was_bound() {
    claim = claim(false, true);
    assertThat(said(kind).lines())
        .filteredOn(line -> line.startsWith("  "))
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line -> assertThat(line).contains("scale deployment/wiki"));
    seen = Optional.empty();
    assertThat(said(Kind.STATEFUL_SET).lines())
        .filteredOn(line -> line.startsWith("  "))
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line -> assertThat(line).endsWith("migration-set}' | kubectl create -f -" + ELSE));
  }

  /** A kubectl that fails has not said that there is no claim. */
  @Test
  void does_not_release_a_volume_when_it_is_unknown_whether_there_is_a_claim(@TempDir Path folder)
      throws Exception {
    copied = true;
    Path kubectl = folder.resolve("kubectl");
    String asked =
        """
        #!/bin/sh
        echo "$@" >> '%s/asked'
        case "$*" in *'get pvc'*) exit 1 ;; esac
        """
            .formatted(folder);
    Files.writeString(kubectl, asked);
    assertThat(kubectl.toFile().setExecutable(true)).isTrue();
    String lines =
        said(kind).lines().filter(line -> line.startsWith("  ")).collect(Collectors.joining("\n"));
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", lines);
    shell.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
    Process ended = shell.redirectErrorStream(true).start();
    assertThat(new String(ended.getInputStream().readAllBytes(), UTF_8))
        .contains("stopped, because the cluster has changed");
    assertThat(ended.waitFor()).isNotZero();
    assertThat(folder.resolve("asked")).content().contains("get pvc").doesNotContain("patch");
  }

  /** Another write of the same could remove the UID of a claim that was bound meanwhile. */
  @Test
  void a_volume_that_is_released_already_is_not_released_again() {
    copied = true;
    claimUid = Optional.empty();
    volumeModes = MigrationRecord.EXCLUSIVE.get(0);
    assertThat(said(kind)).contains("kubectl create").doesNotContain("kubectl patch");
  }

  @Test
  void a_claim_without_a_copy_is_created_of_what_its_volume_tells() {
    String said = said(kind);
    // each command on a separate line: a message may be indented
    assertThat(said.lines())
        .filteredOn(line -> line.startsWith("  "))
        .satisfiesExactly(
            line -> assertThat(line).contains("kubectl patch pv pv-1"),
            line ->
                assertThat(line)
                    .startsWith("  printf %s '{")
                    .contains("\"volumeName\":\"pv-1\"")
                    .endsWith("}' | kubectl create -f - &&"),
            line -> assertThat(line).contains("=Bound pvc/pages"),
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line -> assertThat(line).contains("--replicas=2"));
  }

  @Test
  void nothing_is_started_nor_recreated_while_a_claim_is_in_the_way() {
    for (Optional<Claim> inTheWay : List.of(claim(true, true), claim(false, false))) {
      claim = inTheWay;
      assertThat(said(kind))
          .contains("Deployment wiki is at 0 replicas. Do not scale it up before claim shop/pages")
          .doesNotContain("kubectl");
      seen = Optional.empty();
      assertThat(said(Kind.STATEFUL_SET))
          .contains("StatefulSet wiki is deleted and not recreated")
          .contains("Do not recreate it before claim shop/pages is bound to volume pv-1")
          .doesNotContain("kubectl");
      seen = Optional.of(new Seen(VERSION, false, 0, true, false, true, RequestMark.NOT_NEEDED));
    }
  }

  /** The volume may be deleted with a claim that is deleted once more. */
  @Test
  void a_volume_that_is_not_kept_is_kept_first() {
    copied = true;
    policy = "Delete";
    assertThat(said(kind)).contains("with the reclaim policy Delete");
    assertThat(said(kind).lines().filter(line -> line.startsWith("  ")).findFirst())
        .hasValueSatisfying(
            line -> assertThat(line).contains("ReclaimPolicy\":\"Retain").endsWith(" &&"));
  }

  /** Scaling it would do nothing, and its manifest is nowhere else. */
  @Test
  void a_set_that_is_being_deleted_is_recreated_when_it_is_gone() {
    claim = claim(false, true);
    setCopied = true;
    recreatable = true;
    seen = Optional.of(new Seen(VERSION, true, 0, true, false, true, RequestMark.NOT_NEEDED));
    assertThat(said(Kind.STATEFUL_SET))
        .contains("StatefulSet wiki is being deleted, and waits for its finalizers: orphan")
        .contains("Its manifest is in the annotation rwop-guard.io/migration-set of volume pv-1")
        .doesNotContain("kubectl -n shop scale");
    assertThat(said(Kind.STATEFUL_SET).lines().filter(line -> line.startsWith("  ")))
        .satisfiesExactly(
            line -> assertThat(line).contains("wait --for=delete statefulset/wiki").endsWith(" &&"),
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line -> assertThat(line).endsWith("migration-set}' | kubectl create -f -" + ELSE));
  }

  /** Its owner uninstalls it after it was recreated, or a claim is in the way. */
  @Test
  void a_set_that_is_being_deleted_is_not_always_recreated() {
    claim = claim(false, true);
    setCopied = true;
    seen = Optional.of(new Seen(VERSION, true, 0, true, false, true, RequestMark.NOT_NEEDED));
    assertThat(said(Kind.STATEFUL_SET))
        .contains("StatefulSet wiki is being deleted")
        .doesNotContain("kubectl");
    recreatable = true;
    claim = claim(false, false);
    assertThat(said(Kind.STATEFUL_SET))
        .contains("Do not recreate it before claim shop/pages")
        .doesNotContain("kubectl");
  }

  /** Without it the volume would forget a claim that was bound after the lines were printed. */
  @Test
  void a_volume_is_only_released_while_there_is_no_claim() {
    copied = true;
    assertThat(said(kind).lines().filter(line -> line.startsWith("  ")).findFirst())
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .startsWith(
                        "  version=$(kubectl get pv pv-1 -o jsonpath='{.metadata.resourceVersion}') && claim=$(kubectl -n shop get pvc pages --ignore-not-found -o name) && test -z \"$claim\" && kubectl patch pv pv-1 --type=merge -p '{\"metadata\":{\"resourceVersion\":\"'\"$version\"'\",\"annotations\""));
  }

  /** A deletion without an answer, or of a run that was killed, would find a running workload. */
  @Test
  void a_claim_whose_deletion_may_be_on_its_way_is_changed_before_anything_starts() {
    claim = claim(false, true);
    assertThat(said(kind)).doesNotContain("label pvc");
    inFlight = Set.of(VERSION);
    assertLabelled();
    inFlight = Set.of();
    claim =
        Optional.of(
            new Claim(
                VERSION,
                MigrationRecord.SHARED,
                false,
                true,
                true,
                true,
                true,
                RequestMark.NEEDED,
                Snapshot.NOT_WANTED));
    assertLabelled();
  }

  private void assertLabelled() {
    assertThat(said(kind).lines().filter(line -> line.startsWith("  ")))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .isEqualTo(
                        "  kubectl -n shop label pvc pages rwop-guard.io/migration-run=by-hand --overwrite --resource-version=1 &&"),
            line -> assertThat(line).isEqualTo(TEST_BOUND + " &&"),
            line -> assertThat(line).contains("scale deployment/wiki"));
  }

  @Test
  void a_set_is_recreated_after_its_claim() {
    copied = true;
    seen = Optional.empty();
    String said = said(Kind.STATEFUL_SET);
    assertThat(said.indexOf("migration-set}' | kubectl create -f -"))
        .isGreaterThan(said.indexOf("migration-claim}' | kubectl create -f -"))
        .isPositive();
  }

  /** A rollback that is refused before it is recorded leaves the copy as it was. */
  @Test
  void volume_and_claim_get_the_modes_of_the_copy() {
    copied = true;
    for (boolean back : new boolean[] {false, true}) {
      rollback = back;
      assertThat(said(kind))
          .contains("\"spec\":{\"accessModes\":[\"ReadWriteOncePod\"],\"claimRef\"");
    }
  }

  /** Another move may have scaled the workload to 0 until it is known that there is none. */
  @Test
  void a_move_that_has_changed_nothing_says_nothing() {
    alone = false;
    copied = true;
    assertThat(said(kind)).isEmpty();
  }
}
