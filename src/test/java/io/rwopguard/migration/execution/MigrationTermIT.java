package io.rwopguard.migration.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.apiserver.ApiServer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run that waits, for a Pod that no node ends, by a clock that the test sets. */
class MigrationTermIT {

  private static final ClaimKey CLAIM = new ClaimKey("migration-term", "data");
  private static final Duration A_THIRD = MigrationRun.TERM.dividedBy(3).plusSeconds(1);

  private static final String OBJECTS =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: migration-term}
      ---
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: migration-term}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Retain
        csi: {driver: rbd.csi.ceph.com, volumeHandle: migration-term}
        claimRef: {namespace: migration-term, name: data}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: migration-term}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        volumeName: migration-term
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: app, namespace: migration-term}
      spec:
        replicas: 0
        selector: {matchLabels: {app: app}}
        template:
          metadata: {labels: {app: app}}
          spec:
            containers: [{name: c, image: c}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: app-1, namespace: migration-term}
      spec:
        automountServiceAccountToken: false
        containers: [{name: c, image: c}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  private final KubernetesClient client = ApiServer.running().client();
  private final List<String> steps = new CopyOnWriteArrayList<>();
  private volatile Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  @BeforeEach
  void create() throws Exception {
    var created = ApiServer.running().kubectl(OBJECTS, "create", "-f", "-");
    assertThat(created.exitCode()).as(created.output()).isZero();
  }

  @AfterEach
  void remove() throws Exception {
    ApiServer api = ApiServer.running();
    api.kubectl(OBJECTS, "delete", "--wait=false", "--grace-period=0", "--force", "-f", "-");
    // no controller is there that would remove them
    String nothing = "{\"metadata\":{\"finalizers\":null}}";
    api.kubectl("", "patch", "pv", "migration-term", "-p", nothing);
    api.kubectl("", "-n", CLAIM.namespace(), "patch", "pvc", CLAIM.name(), "-p", nothing);
  }

  private MigrationLoop loop() {
    MigrationObjects objects = new MigrationObjects(client);
    MigrationScopeResolver finder = new MigrationScopeResolver(objects);
    MigrationScope unit = finder.find(CLAIM);
    RunLock lock = new RunLock(false, () -> now);
    MigrationOptions options =
        new MigrationOptions(false, false, Optional.empty(), "", new Vouched(true, false, false));
    return new MigrationLoop(
        unit,
        objects,
        new MigrationObserver(objects, finder, unit, options, false, lock, () -> now),
        new MigrationExecutor(objects, unit, lock, options.snapshotClass()),
        lock,
        next -> next.step().name());
  }

  private Optional<MigrationRun> run() {
    return MigrationRun.of(new MigrationObjects(client).volume("migration-term").orElseThrow());
  }

  @Test
  void a_run_that_waits_prolongs_its_term_before_that_ends() throws Exception {
    Instant started = now;
    FutureTask<Void> running =
        new FutureTask<>(
            () -> {
              loop().run(steps::add, Duration.ofMinutes(5));
              return null;
            });
    Thread thread = new Thread(running, "migration");
    thread.start();
    Awaitility.await().until(() -> running.isDone() || steps.contains(Step.WAIT.name()));
    if (running.isDone()) {
      running.get();
    }
    MigrationRun first = run().orElseThrow();
    assertThat(first.until()).isEqualTo(started.plus(MigrationRun.TERM));
    for (int i = 1; i <= 2; i++) {
      now = now.plus(A_THIRD);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(run().orElseThrow().toJson())
                      .isEqualTo(first.prolonged(now).toJson()));
    }
    assertThat(now).isBefore(started.plus(MigrationRun.TERM));
    assertThat(running).isNotDone();
    thread.interrupt();
    assertThatThrownBy(running::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(RefusedException.class);
  }
}
