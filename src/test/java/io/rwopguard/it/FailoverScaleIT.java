package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.process.GoBinaries;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Measures failover with 300 nodes and 3,000 claims: its cost when nothing happens, and the
 * reaction when six nodes of ten become suspect at once. The nodes are simulated by kwok. Run with
 * {@code -DargLine=-Dtables=whole}; the table is left in {@code target/failover-scale.md}.
 */
@Isolated
@EnabledIfSystemProperty(named = Sample.TABLES, matches = Sample.WHOLE)
class FailoverScaleIT {

  private static final int NODES = 300;
  private static final int LEFT = 120;
  private static final int CLAIMS = 3000;
  private static final int THREADS = 16;
  private static final String NAMESPACE = "scale";
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final KubernetesClient client = ApiServer.running().client();
  private final List<String> rows = new ArrayList<>();
  private Path kubeconfig;

  @Test
  void costs_little_and_believes_no_catastrophe() throws Exception {
    Optional<Path> kwok = GoBinaries.find("kwok", List.of("kwok"));
    assumeTrue(kwok.isPresent(), "there is no Go to build kwok with");
    Process those = kwok(kwok.get(), "staying");
    Process others = kwok(kwok.get(), "leaving");
    try {
      kubeconfig = makeAccount();
      makeCluster();
      measure("off", false);
      try (ServiceProcess service = serve("enforce")) {
        awaitLeases();
        cost("enforce", service, true);
        others.destroyForcibly().waitFor();
        catastrophe(service);
      }
    } finally {
      those.destroyForcibly();
      others.destroyForcibly();
      client.namespaces().withName(NAMESPACE).delete();
      Files.write(Path.of("target/failover-scale.md"), rows);
    }
  }

  private Process kwok(Path folder, String group) throws IOException {
    return new ProcessBuilder(
            folder.resolve("kwok").toString(),
            "--config",
            "src/testbed/kwok/stages.yaml",
            "--kubeconfig",
            ApiServer.running().kubeconfig().toString(),
            "--manage-all-nodes=false",
            "--manage-nodes-with-label-selector=group=" + group,
            "--node-lease-duration-seconds=40")
        .redirectErrorStream(true)
        .redirectOutput(Path.of("target/kwok-" + group + ".log").toFile())
        .start();
  }

  /** Creates an account whose requests the API server counts separately. */
  private Path makeAccount() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: scale, namespace: default}
        """);
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: scale}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
        subjects: [{kind: ServiceAccount, name: scale, namespace: default}]
        """);
    apply(
        """
        apiVersion: flowcontrol.apiserver.k8s.io/v1
        kind: FlowSchema
        metadata: {name: scale}
        spec:
          matchingPrecedence: 100
          priorityLevelConfiguration: {name: workload-high}
          distinguisherMethod: {type: ByUser}
          rules:
            - subjects: [{kind: ServiceAccount, serviceAccount: {name: scale, namespace: default}}]
              resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]
              nonResourceRules: [{verbs: ["*"], nonResourceURLs: ["*"]}]
        """);
    return SelfManagedInstallation.kubeconfig(ApiServer.running(), "default", "scale");
  }

  private void makeCluster() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: scale, labels: {rwop-guard.io/failover: enabled}}
        """);
    apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: scale.csi.example.org}
        spec: {attachRequired: true}
        """);
    all(
        NODES,
        i ->
            apply(
                """
                apiVersion: v1
                kind: Node
                metadata: {name: scale-%d, labels: {group: %s}}
                """
                    .formatted(i, i < LEFT ? "staying" : "leaving")));
    all(CLAIMS, this::makeClaim);
    Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .until(
            () ->
                client.leases().inNamespace("kube-node-lease").list().getItems().stream()
                        .filter(lease -> lease.getMetadata().getName().startsWith("scale-"))
                        .count()
                    == NODES);
  }

  private void makeClaim(int i) {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: scale-%1$d}
        spec:
          accessModes: [ReadWriteOncePod]
          capacity: {storage: 1Gi}
          claimRef: {namespace: scale, name: data-%1$d}
          csi: {driver: scale.csi.example.org, volumeHandle: h-%1$d}
        """
            .formatted(i));
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data-%1$d, namespace: scale}
        spec:
          accessModes: [ReadWriteOncePod]
          volumeName: scale-%1$d
          storageClassName: ""
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(i));
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: db-%1$d, namespace: scale}
        spec:
          nodeName: scale-%2$d
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data-%1$d}}]
        """
            .formatted(i, i % NODES));
  }

  private void apply(String manifest) {
    client.resource(manifest).create();
  }

  private static void all(int count, IntConsumer work) throws Exception {
    var threads = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> parts = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      parts.add(
          threads.submit(
              () -> {
                for (int i = first; i < count; i += THREADS) {
                  work.accept(i);
                }
              }));
    }
    for (Future<?> part : parts) {
      part.get();
    }
    threads.shutdown();
  }

  private ServiceProcess serve(String mode) throws IOException {
    return new ServiceProcess(
        // as the image has it
        Map.of("JAVA_TOOL_OPTIONS", "-XX:MaxRAM=384m -XX:MaxRAMPercentage=35 -XX:+UseSerialGC"),
        "rwop-guard.kubeconfig=" + kubeconfig,
        "rwop-guard.namespace=default",
        "rwop-guard.failover.lease=scale",
        "rwop-guard.failover.mode=" + mode,
        "rwop-guard.failover.drivers.\"scale.csi.example.org\".revokes-on-unpublish=true");
  }

  private void measure(String mode, boolean elects) throws Exception {
    try (ServiceProcess service = serve(mode)) {
      Awaitility.await().atMost(MINUTE).until(() -> service.health("ready") == 200);
      cost(mode, service, elects);
    }
  }

  private void awaitLeases() {
    long start = System.nanoTime();
    Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () ->
                client
                        .leases()
                        .inNamespace(NAMESPACE)
                        .withLabel("rwop-guard.io/lease", "primary")
                        .list()
                        .getItems()
                        .size()
                    == CLAIMS);
    row(
        "until each of 3,000 claims has its Lease, once",
        "%.0f s".formatted((System.nanoTime() - start) / 1e9));
  }

  /** Measures the cost of a minute in which nothing happens. */
  private void cost(String mode, ServiceProcess service, boolean elects) throws Exception {
    Thread.sleep(30_000);
    AtomicInteger renewed = new AtomicInteger();
    Watch renewals = elects ? watchElection(renewed) : () -> {};
    double processor = processorSeconds(service.pid());
    double requests = requests();
    Thread.sleep(MINUTE.toMillis());
    double asked = requests() - requests;
    double taken = processorSeconds(service.pid()) - processor;
    renewals.close();
    row("mode %s: processor time in a minute".formatted(mode), "%.2f s".formatted(taken));
    row(
        "mode %s: resident memory".formatted(mode),
        "%d MiB".formatted(residentMebibytes(service.pid())));
    row(
        "mode %s: requests to the API server in a minute, besides the election's".formatted(mode),
        // each renewal is a read and a write
        "%.0f".formatted(asked - 2 * renewed.get()));
    assertThat(asked - 2 * renewed.get()).isLessThan(60);
  }

  private Watch watchElection(AtomicInteger renewed) {
    return client
        .leases()
        .inNamespace("default")
        .withName("scale")
        .watch(
            new Watcher<Lease>() {
              @Override
              public void eventReceived(Action action, Lease lease) {
                if (action == Action.MODIFIED) {
                  renewed.incrementAndGet();
                }
              }

              @Override
              public void onClose(WatcherException cause) {}
            });
  }

  /** All that its account asked of the API server, by the API server's own count. */
  private double requests() {
    Matcher counts =
        Pattern.compile(
                "(?m)^apiserver_flowcontrol_dispatched_requests_total\\{flow_schema=\"scale\"[^}]*} ([0-9.e+]+)$")
            .matcher(client.raw("/metrics"));
    double sum = 0;
    while (counts.find()) {
      sum += Double.parseDouble(counts.group(1));
    }
    return sum;
  }

  private static double processorSeconds(long pid) throws IOException {
    String[] fields =
        Files.readString(Path.of("/proc/%d/stat".formatted(pid)))
            .replaceFirst(".*\\) ", "")
            .split(" ", -1);
    // utime and stime, in hundredths of a second
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
  }

  private static long residentMebibytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/%d/status".formatted(pid))).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .sum();
  }

  private void catastrophe(ServiceProcess service) throws Exception {
    JsonMapper json = new JsonMapper();
    Awaitility.await()
        .atMost(MINUTE)
        .until(
            () ->
                json.readTree(service.management("/failover").body()).path("suspects").size()
                    == NODES - LEFT);
    Thread.sleep(20_000);
    long pods =
        client.pods().inNamespace(NAMESPACE).list().getItems().stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .count();
    long events =
        client.v1().events().inAnyNamespace().list().getItems().stream()
            .filter(event -> "FailoverRefused".equals(event.getReason()))
            .filter(event -> event.getMessage().contains("of 300 nodes have stopped renewing"))
            .count();
    row(
        "180 of 300 nodes fall silent at once",
        "%d Pods deleted, %d event".formatted(CLAIMS - pods, events));
    assertThat(pods).isEqualTo(CLAIMS);
    assertThat(events).isEqualTo(1);
  }

  private void row(String what, String figure) {
    String row = "| %s | %s |".formatted(what, figure);
    System.err.println("[failover] " + row);
    rows.add(row);
  }
}
