package io.rwopguard.testing.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** A Prometheus resource with ReadWriteOncePod storage, and what the operator makes of it. */
public final class OperatedPrometheus {

  /** The access mode is the only thing here that the operator's own examples do not have. */
  private static final String MANIFEST =
      """
      apiVersion: monitoring.coreos.com/v1alpha1
      kind: ScrapeConfig
      metadata: {name: itself, namespace: %1$s}
      spec:
        scrapeInterval: 5s
        staticConfigs: [{targets: ["localhost:9090"]}]
      ---
      apiVersion: monitoring.coreos.com/v1
      kind: Prometheus
      metadata: {name: main, namespace: %1$s}
      spec:
        replicas: %2$d
        # of src/testbed/prometheus
        version: v3.10.0
        image: registry.invalid/prometheus:1
        scrapeConfigSelector: {}
        securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000}
        # a drain of its node leaves the operator, and what it has counted, where it is
        affinity:
          podAntiAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              - topologyKey: kubernetes.io/hostname
                namespaces: [%3$s]
                labelSelector: {matchLabels: {app.kubernetes.io/name: prometheus-operator}}
        storage:
          volumeClaimTemplate:
            spec:
              # Prometheus maps files into memory that it shares with itself
              storageClassName: attached
              accessModes: [ReadWriteOncePod]
              resources: {requests: {storage: 1Gi}}
      """;

  private static final String NAME = "prometheus-main";
  private static final String POD = NAME + "-0";
  private static final String CLAIM = NAME + "-db-" + POD;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RealCluster cluster;
  private final String namespace;

  public OperatedPrometheus(RealCluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** Creates the resource; with 0 replicas the operator writes a StatefulSet that runs nothing. */
  public void create(int replicas) {
    cluster.create(MANIFEST.formatted(namespace, replicas, PrometheusOperator.NAMESPACE));
    RealCluster.await().until(() -> statefulSet() != null);
  }

  public StatefulSet statefulSet() {
    return cluster.client().apps().statefulSets().inNamespace(namespace).withName(NAME).get();
  }

  public PersistentVolumeClaim claim() {
    return cluster.client().persistentVolumeClaims().inNamespace(namespace).withName(CLAIM).get();
  }

  public Pod pod() {
    return cluster.client().pods().inNamespace(namespace).withName(POD).get();
  }

  public String node() {
    return pod().getSpec().getNodeName();
  }

  /** Returns once a Pod other than this one is ready; without one, once the first is. */
  public void awaitReady(String otherThan) {
    try {
      RealCluster.await().until(() -> isReady(pod(), otherThan));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          cluster.kubectl("", "describe pods -n " + namespace).output()
              + cluster
                  .kubectl("", "logs %s --all-containers --prefix -n %s".formatted(POD, namespace))
                  .output(),
          e);
    }
  }

  private static boolean isReady(Pod pod, String otherThan) {
    return pod != null
        && !pod.getMetadata().getUid().equals(otherThan)
        && pod.getStatus().getConditions().stream()
            .anyMatch(each -> isTrue(each.getType(), each.getStatus()));
  }

  private static boolean isTrue(String condition, String status) {
    return condition.equals("Ready") && status.equals("True");
  }

  /** State in which a change of the StatefulSet would show. Its status changes without one. */
  public record State(
      String uid,
      Long generation,
      String revision,
      Integer collisions,
      String labels,
      String spec) {}

  public State state() {
    StatefulSet set = statefulSet();
    return new State(
        set.getMetadata().getUid(),
        set.getMetadata().getGeneration(),
        set.getStatus().getUpdateRevision(),
        set.getStatus().getCollisionCount(),
        set.getMetadata().getLabels() + " " + set.getMetadata().getAnnotations(),
        Serialization.asYaml(set.getSpec()));
  }

  /** Fails if a Pod is not what the operator wrote into the StatefulSet. */
  public void assertAsItsTemplate(Pod pod) {
    PodSpec wanted = statefulSet().getSpec().getTemplate().getSpec();
    assertUntouched(pod.getMetadata());
    assertThat(pod.getSpec().getTerminationGracePeriodSeconds())
        .isEqualTo(wanted.getTerminationGracePeriodSeconds());
    assertThat(written(pod.getSpec())).isEqualTo(written(wanted));
  }

  /** Returns what rwop-guard could edit: a Pod also mounts the token of its account. */
  private static List<String> written(PodSpec pod) {
    return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
        .map(
            container ->
                Serialization.asYaml(
                    new ContainerBuilder(container).withVolumeMounts(List.of()).build()))
        .toList();
  }

  /** Fails if the claim is not what the operator wrote into the StatefulSet. */
  public void assertClaimAsItsTemplate() {
    PersistentVolumeClaim claim = claim();
    assertUntouched(claim.getMetadata());
    assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(claim.getSpec())
        .usingRecursiveComparison()
        .ignoringFields("volumeName")
        .isEqualTo(statefulSet().getSpec().getVolumeClaimTemplates().get(0).getSpec());
  }

  private static void assertUntouched(ObjectMeta metadata) {
    assertThat(Serialization.asYaml(metadata)).doesNotContain("rwop-guard.io/");
  }

  /**
   * Returns the start time of its process that Prometheus has scraped, by the time of the scrape.
   * So the series shows which Pod wrote a sample.
   */
  public Map<Double, String> startsByScrape() {
    String answer =
        cluster
            .kubectl(
                "",
                "get --raw /api/v1/namespaces/%s/pods/%s:9090/proxy/api/v1/query?query=process_start_time_seconds%%5B30m%%5D"
                    .formatted(namespace, POD))
            .succeeded();
    Map<Double, String> starts = new TreeMap<>();
    try {
      for (JsonNode series : JSON.readTree(answer).at("/data/result")) {
        for (JsonNode sample : series.get("values")) {
          starts.put(sample.get(0).asDouble(), sample.get(1).asText());
        }
      }
    } catch (JsonProcessingException e) {
      throw new AssertionError("Prometheus does not answer in JSON: " + answer, e);
    }
    return starts;
  }
}
