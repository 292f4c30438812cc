package io.rwopguard.failover.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.DeniedWrites;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A write whose object is no longer what it was decided on does nothing. */
class FailoverStoreIT {

  private static final String NODE = "failover-objects";
  private static final String NAMESPACE = "default";
  private static final String POD = "failover-objects-0";
  private static final String VOLUME = "kubernetes.io/csi/d^h";

  private final KubernetesClient client = ApiServer.running().client();
  private final FailoverStore objects = new FailoverStore(client, () -> true);

  @BeforeEach
  void make() {
    client
        .nodes()
        .resource(new NodeBuilder().withNewMetadata().withName(NODE).endMetadata().build())
        .create();
    client
        .nodes()
        .withName(NODE)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editOrNewStatus()
                    .withVolumesInUse("other", VOLUME)
                    .endStatus()
                    .build());
    makePod();
  }

  private Pod makePod() {
    return (Pod)
        client
            .resource(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: %s}
                spec: {nodeName: %s, containers: [{name: db, image: db}]}
                """
                    .formatted(POD, NAMESPACE, NODE))
            .create();
  }

  @AfterEach
  void remove() {
    client.nodes().withName(NODE).delete();
    client.pods().inNamespace(NAMESPACE).withName(POD).withGracePeriod(0).delete();
  }

  private Pod pod() {
    return client.pods().inNamespace(NAMESPACE).withName(POD).get();
  }

  private JsonNode node() {
    return objects.node(NODE).orElseThrow();
  }

  @Test
  void a_pod_of_the_same_name_that_came_since_is_not_deleted() {
    Pod before = pod();
    client.pods().inNamespace(NAMESPACE).withName(POD).withGracePeriod(0).delete();
    Pod after = makePod();
    assertThat(
            objects.forceDelete(
                NAMESPACE,
                POD,
                before.getMetadata().getUid(),
                after.getMetadata().getResourceVersion()))
        .isFalse();
    assertThat(pod().getMetadata().getUid()).isEqualTo(after.getMetadata().getUid());
  }

  @Test
  void a_pod_that_has_changed_since_is_not_deleted() {
    Pod before = pod();
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(POD)
        .edit(
            pod -> {
              pod.getMetadata().setLabels(Map.of("changed", "yes"));
              return pod;
            });
    String uid = before.getMetadata().getUid();
    assertThat(objects.forceDelete(NAMESPACE, POD, uid, before.getMetadata().getResourceVersion()))
        .isFalse();
    assertThat(objects.forceDelete(NAMESPACE, POD, uid, pod().getMetadata().getResourceVersion()))
        .isTrue();
    assertThat(pod()).isNull();
  }

  @Test
  void a_node_that_has_changed_since_is_neither_tainted_nor_written_to() {
    JsonNode before = node();
    assertThat(objects.taint(before, FailoverTaints.FAILED_OVER)).isTrue();
    assertThat(objects.taint(before, FailoverTaints.OUT_OF_SERVICE)).isFalse();
    assertThat(objects.takeFromNode(before, VOLUME)).isFalse();
    assertThat(NodeReader.taints(node())).contains(FailoverTaints.FAILED_OVER);

    assertThat(objects.takeFromNode(node(), VOLUME)).isTrue();
    assertThat(node().path("status").path("volumesInUse").toString()).isEqualTo("[\"other\"]");
    assertThat(objects.untaint(node(), FailoverTaints.FAILED_OVER)).isTrue();
    assertThat(NodeReader.taints(node())).doesNotContain(FailoverTaints.FAILED_OVER);
  }

  @Test
  void does_not_replace_a_taint_of_another_client() {
    Taint theirs = new Taint(FailoverTaints.OUT_OF_SERVICE_KEY, "nodeshutdown", "NoSchedule");
    client
        .nodes()
        .withName(NODE)
        .edit(
            node ->
                new NodeBuilder(node)
                    .editOrNewSpec()
                    .addNewTaint(theirs.effect(), theirs.key(), null, theirs.value())
                    .endSpec()
                    .build());
    assertThat(objects.taint(node(), FailoverTaints.OUT_OF_SERVICE)).isFalse();
    assertThat(NodeReader.taints(node()))
        .contains(theirs)
        .doesNotContain(FailoverTaints.OUT_OF_SERVICE);
  }

  @Test
  void shows_on_the_lease_what_a_simultaneous_write_refused() {
    ClaimKey claim = new ClaimKey(NAMESPACE, "failover-objects");
    String name = PrimaryLease.nameOf(claim);
    var leases = client.leases().inNamespace(NAMESPACE);
    leases
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(PrimaryLease.LABEL, "primary")
                .addToLabels("app.kubernetes.io/managed-by", "rwop-guard")
                .endMetadata()
                .build())
        .create();
    AtomicInteger patches = new AtomicInteger();
    ClusterApi real = new KubernetesClusterApi(client);
    ClusterApi beside =
        (ClusterApi)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ClusterApi.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("patch") && patches.incrementAndGet() < 3) {
                    leases
                        .withName(name)
                        .edit(
                            lease ->
                                new LeaseBuilder(lease)
                                    .editOrNewSpec()
                                    .withLeaseTransitions(patches.get())
                                    .endSpec()
                                    .build());
                  }
                  try {
                    return method.invoke(real, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    try {
      FailoverRecord record =
          new FailoverRecord(
              "k",
              NAMESPACE,
              POD,
              "u",
              NODE,
              "n",
              "b",
              "t",
              List.of(new FailoverRecord.Claim("failover-objects", "c")),
              List.of(),
              "",
              Optional.empty(),
              "",
              Map.of(),
              Optional.empty());
      new FailoverAnnotations(
              new FailoverStore(beside, () -> true),
              new ConditionLog(getClass(), "docs/guides/failover.md"))
          .showStart(record);
      assertThat(patches).hasValue(3);
      assertThat(leases.withName(name).get().getMetadata().getAnnotations())
          .containsKey(PrimaryLease.IN_PROGRESS);
    } finally {
      leases.withName(name).delete();
    }
  }

  /** Each request has its own timeout, and all of them have to fit into the Lease's margin. */
  @Test
  void a_patch_is_one_request() {
    List<String> methods = new CopyOnWriteArrayList<>();
    Interceptor counter =
        new Interceptor() {
          @Override
          public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            methods.add(request.method());
          }
        };
    try (KubernetesClient counted =
        new KubernetesClientBuilder()
            .withConfig(client.getConfiguration())
            .withHttpClientBuilderConsumer(
                builder -> builder.addOrReplaceInterceptor("counter", counter))
            .build()) {
      FailoverStore writes = new FailoverStore(new KubernetesClusterApi(counted), () -> true);
      assertThat(writes.taint(node(), FailoverTaints.OUT_OF_SERVICE)).isTrue();
      assertThat(writes.takeFromNode(node(), VOLUME)).isTrue();
    }
    assertThat(methods).containsExactly("PATCH", "PATCH");
  }

  /** An admission policy answers 422, as a JSON Patch does whose test fails. */
  @Test
  void does_not_take_a_denial_of_a_policy_for_a_changed_object() {
    DeniedWrites.during(
        client,
        "/api/v1/namespaces/%s/pods/%s".formatted(NAMESPACE, POD),
        () -> {
          var pod = pod().getMetadata();
          assertDenied(
              () -> objects.forceDelete(NAMESPACE, POD, pod.getUid(), pod.getResourceVersion()));
        });
    DeniedWrites.during(
        client,
        "/api/v1/nodes/" + NODE,
        () -> {
          JsonNode node = node();
          assertDenied(() -> objects.taint(node, FailoverTaints.OUT_OF_SERVICE));
          assertDenied(() -> objects.takeFromNode(node, VOLUME));
        });
    assertThat(objects.taint(node(), FailoverTaints.OUT_OF_SERVICE)).isTrue();
  }

  private static void assertDenied(ThrowingCallable write) {
    assertThatThrownBy(write)
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> assertThat(e.getStatus().getMessage()).contains(DeniedWrites.MESSAGE));
  }

  @Test
  void a_replica_that_is_not_certain_to_lead_writes_nothing() {
    FailoverStore uncertain = new FailoverStore(client, () -> false);
    JsonNode node = node();
    assertThatThrownBy(() -> uncertain.taint(node, FailoverTaints.FAILED_OVER))
        .isInstanceOf(NotLeaderException.class);
    assertThatThrownBy(() -> uncertain.forceDelete(NAMESPACE, POD, "u", "1"))
        .isInstanceOf(NotLeaderException.class);
    assertThat(pod()).isNotNull();
  }

  /** A stolen right to patch a status must run no code. */
  @Test
  void a_patch_of_the_status_writes_an_annotation_and_no_spec() {
    for (Kind kind :
        List.of(
            Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.REPLICATION_CONTROLLER)) {
      String name = "annotated-" + kind.plural();
      boolean core = kind == Kind.REPLICATION_CONTROLLER;
      client
          .resource(
              """
              apiVersion: %s
              kind: %s
              metadata: {name: %s, namespace: %s}
              spec:
                replicas: 0
                %s
                selector: %s
                template:
                  metadata: {labels: {app: a}}
                  spec: {containers: [{name: db, image: db}]}
              """
                  .formatted(
                      core ? "v1" : "apps/v1",
                      kind.kindName(),
                      name,
                      NAMESPACE,
                      kind == Kind.STATEFUL_SET ? "serviceName: a" : "minReadySeconds: 0",
                      core ? "{app: a}" : "{matchLabels: {app: a}}"))
          .create();
      ObjectKey key = new ObjectKey(kind, NAMESPACE, name);
      try {
        assertThat(objects.annotate(key, "rwop-guard.io/last-failover", "then")).isTrue();
        JsonNode annotated = objects.object(key).orElseThrow();
        assertThat(annotated.at("/metadata/annotations/rwop-guard.io~1last-failover").asText())
            .isEqualTo("then");

        client
            .genericKubernetesResources(Resources.of(kind))
            .inNamespace(NAMESPACE)
            .withName(name)
            .subresource("status")
            .patch(
                PatchContext.of(PatchType.JSON_MERGE),
                "{\"spec\":{\"replicas\":7,\"template\":{\"spec\":{\"hostNetwork\":true,\"serviceAccountName\":\"admin\",\"containers\":[{\"name\":\"db\",\"image\":\"evil\"}]}}}}");
        assertThat(objects.object(key).orElseThrow().path("spec"))
            .isEqualTo(annotated.path("spec"));
      } finally {
        client
            .genericKubernetesResources(Resources.of(kind))
            .inNamespace(NAMESPACE)
            .withName(name)
            .delete();
      }
    }
  }

  @Test
  void other_kinds_get_no_annotation() {
    assertThat(objects.annotate(new ObjectKey(Kind.JOB, NAMESPACE, "none"), "a", "b")).isFalse();
  }
}
