package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.PlantedRecords;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.chart.ChartRights;
import io.rwopguard.testing.chart.ChartRights.Right;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Runs the packaged controllers with the rights of the chart's ServiceAccount and no others, while
 * a simulated node dies. The audit log of a real API server shows what they asked for.
 */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ControllerRightsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String ACCOUNT = Helm.RELEASE + "-controller";
  private static final Set<String> READS = Set.of("get", "list", "watch");

  private Helm helm;
  private ApiServer api;

  private final List<AutoCloseable> open = new ArrayList<>();
  private String manifests = "";
  private long before;

  /** A request of the account, as the audit log has it. */
  private record Request(String verb, String resource, String namespace, String name, int code) {

    boolean isCoveredBy(Right right) {
      return right.resource().equals(resource)
          && right.verbs().contains(verb)
          && (right.namespace().isEmpty() || right.namespace().equals(namespace))
          && (right.names().isEmpty() || right.names().contains(name));
    }
  }

  @BeforeAll
  void prepare() throws Exception {
    helm = Helm.orSkip();
    api = ApiServer.running();
    api.kubectl("", "create", "namespace", Helm.RELEASE);
  }

  @AfterEach
  void remove() throws Exception {
    while (!open.isEmpty()) {
      open.remove(open.size() - 1).close();
    }
    api.kubectl(manifests, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
    api.client().leases().inNamespace(Helm.RELEASE).delete();
    api.client().configMaps().inNamespace(Helm.RELEASE).withLabel("rwop-guard.io/record").delete();
  }

  private ServiceProcess install(String parts, String... chart) throws Exception {
    before = auditLines();
    manifests = helm.template(chart);
    var applied = api.kubectl(manifests, "apply", "-f", "-", "-l", "!helm.sh/hook");
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    Path kubeconfig = SelfManagedInstallation.kubeconfig(api, Helm.RELEASE, ACCOUNT);
    List<String> settings = new ArrayList<>();
    Properties written = new Properties();
    written.load(
        new StringReader(
            Helm.the("ConfigMap", Helm.RELEASE, helm.render(chart))
                .at("/data/application.properties")
                .asText()));
    written.forEach((name, value) -> settings.add(name + "=" + value));
    settings.add("rwop-guard.run=" + parts);
    settings.add("rwop-guard.namespace=" + Helm.RELEASE);
    settings.add("rwop-guard.kubeconfig=" + kubeconfig);
    settings.add("rwop-guard.failover.scan-interval=1s");
    settings.add("rwop-guard.failover.maintenance.recovery-hold-off=2s");
    ServiceProcess service = new ServiceProcess(settings.toArray(String[]::new));
    open.add(service);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> report(service).path("leader").asBoolean());
    // a new leader distrusts the API server first
    Thread.sleep(12_000);
    return service;
  }

  private static JsonNode report(ServiceProcess service) throws Exception {
    return JSON.readTree(service.management("/failover").body());
  }

  private SimulatedNodes nodes(String namespace) {
    SimulatedNodes cluster = new SimulatedNodes(api.client(), namespace, 6);
    open.add(
        () -> {
          cluster.close();
          api.client().nodes().list().getItems().stream()
              .map(node -> node.getMetadata().getName())
              .filter(node -> node.startsWith(namespace))
              .forEach(cluster::deleteNode);
        });
    return cluster;
  }

  @Test
  void an_observer_writes_its_election_and_events_and_nothing_else() throws Exception {
    SimulatedNodes cluster = nodes("observed");
    cluster.node("observed-node");
    cluster.database("db", "observed-node", SimulatedNodes.DRIVER);
    KubernetesClient client = api.client();
    // of a leader that enforced
    Pod pod = client.pods().inNamespace("observed").withName("db-0").get();
    ConfigMap inherited = PlantedRecords.plant(client, Helm.RELEASE, pod);
    List<String> chart = new ArrayList<>(ChartVariants.ALL.get("existing certificate"));
    chart.add("--set");
    chart.add("failover.mode=observe," + driver());
    ServiceProcess service = install("failover", chart.toArray(String[]::new));
    cluster.die("observed-node");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                client.v1().events().inNamespace("observed").list().getItems().stream()
                    .anyMatch(
                        event ->
                            "rwop-guard".equals(event.getSource().getComponent())
                                && event.getInvolvedObject().getName().equals("db-0")));
    Thread.sleep(5000);
    service.close();

    List<Request> requests = requests();
    assertThat(requests).filteredOn(request -> request.code() == 403).isEmpty();
    assertThat(requests)
        .filteredOn(request -> !READS.contains(request.verb()))
        .isNotEmpty()
        .allMatch(
            request ->
                (request.resource().equals("events") && request.verb().equals("create"))
                    || (request.resource().equals("leases.coordination.k8s.io")
                        && request.namespace().equals(Helm.RELEASE)
                        && Set.of("", Helm.RELEASE + "-failover", Helm.RELEASE + "-failover-probes")
                            .contains(request.name())));
    assertThat(client.pods().inNamespace("observed").withName("db-0").get()).isEqualTo(pod);
    assertThat(client.resource(inherited).get()).isEqualTo(inherited);
    assertThat(client.nodes().withName("observed-node").get().getSpec().getTaints())
        .noneMatch(taint -> taint.getKey().startsWith("rwop-guard.io"));
  }

  @Test
  void an_enforcer_asks_for_what_it_may_and_for_all_of_it() throws Exception {
    SimulatedNodes cluster = nodes("rights");
    cluster.node("rights-node");
    cluster.database("db", "rights-node", SimulatedNodes.DRIVER);
    String[] chart = {
      "--set",
      "failover.mode=enforce,failover.release=volume,failover.namespaces={rights}," + driver()
    };
    ServiceProcess service = install("failover,certificates", chart);
    KubernetesClient client = api.client();
    cluster.die("rights-node");
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> client.pods().inNamespace("rights").withName("db-0").get() == null);
    cluster.pod("db", "rights-spare-0");
    cluster.resurrect("rights-node");
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(
            () ->
                client.nodes().withName("rights-node").get().getSpec().getTaints().stream()
                    .noneMatch(taint -> taint.getKey().startsWith("rwop-guard.io")));
    Thread.sleep(3000);
    service.close();

    List<Right> rights = ChartRights.of(helm.render(chart), ACCOUNT);
    List<Request> requests = requests();
    assertThat(requests).filteredOn(request -> request.code() == 403).isEmpty();
    assertThat(requests)
        .allSatisfy(request -> assertThat(rights).anyMatch(right -> request.isCoveredBy(right)));

    Set<String> unused = new TreeSet<>();
    for (Right right : rights) {
      for (String verb : right.verbs()) {
        if (requests.stream()
            .noneMatch(request -> request.verb().equals(verb) && request.isCoveredBy(right))) {
          unused.add(verb + " " + right.resource());
        }
      }
    }
    // owners of Pods and annotations of kinds that are not in this test, records that expire, and
    // events about the whole cluster
    unused.removeIf(
        each ->
            each.matches(
                "get (deployments|replicasets|daemonsets)\\.apps|get (jobs|cronjobs)\\.batch|get"
                    + " replicationcontrollers|patch (deployments|replicasets)\\.apps/status|patch"
                    + " replicationcontrollers/status|(delete|get) configmaps|create events"));
    assertThat(unused).isEmpty();
  }

  private static String driver() {
    return "failover.drivers.%s.revokesOnUnpublish=true"
        .formatted(SimulatedNodes.DRIVER.replace(".", "\\."));
  }

  private long auditLines() throws IOException {
    try (Stream<String> lines = Files.lines(api.auditLog())) {
      return lines.count();
    }
  }

  private List<Request> requests() throws IOException {
    List<Request> requests = new ArrayList<>();
    List<String> lines = Files.readAllLines(api.auditLog());
    for (String line : lines.subList(Math.toIntExact(before), lines.size())) {
      ObjectNode entry = (ObjectNode) JSON.readTree(line);
      JsonNode object = entry.path("objectRef");
      if (!entry.at("/user/username").asText().endsWith(":" + ACCOUNT) || !object.has("resource")) {
        continue;
      }
      String subresource = object.path("subresource").asText("");
      requests.add(
          new Request(
              entry.path("verb").asText(),
              ChartRights.named(
                  object.path("resource").asText()
                      + (subresource.isEmpty() ? "" : "/" + subresource),
                  object.path("apiGroup").asText("")),
              object.path("namespace").asText(""),
              object.path("name").asText(""),
              entry.at("/responseStatus/code").asInt()));
    }
    return requests;
  }
}
