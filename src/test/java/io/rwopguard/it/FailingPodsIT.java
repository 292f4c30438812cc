package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.controllers.SimulatedNodes;
import io.rwopguard.testing.process.ServiceProcess;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** A Pod that keeps failing, and whose author asks for its deletion, beside a real API server. */
class FailingPodsIT {

  private static final String NAMESPACE = "failing-pods";

  private final ApiServer api = ApiServer.running();
  private final KubernetesClient client = api.client();

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions();
  }

  private Pod pod() {
    return client.pods().inNamespace(NAMESPACE).withName("db-0").get();
  }

  private void fail() {
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName("db-0")
        .editStatus(
            object ->
                new PodBuilder(object)
                    .editStatus()
                    .editMatchingCondition(condition -> condition.getType().equals("Ready"))
                    .withStatus("False")
                    .endCondition()
                    .addNewContainerStatus()
                    .withName("db")
                    .withImage("db")
                    .withImageID("db")
                    .withReady(false)
                    .withRestartCount(5)
                    .withNewState()
                    .withNewWaiting()
                    .withReason("CrashLoopBackOff")
                    .endWaiting()
                    .endState()
                    .endContainerStatus()
                    .endStatus()
                    .build());
  }

  private boolean isPaused(ServiceProcess service) throws Exception {
    return new JsonMapper()
        .readTree(service.management("/failover").body())
        .path("paused")
        .asBoolean();
  }

  private void annotate(String annotation) throws Exception {
    String lease = "rwop-guard-failover";
    assertThat(api.kubectl("", "annotate", "lease", "-n", NAMESPACE, lease, annotation).exitCode())
        .isZero();
  }

  @Test
  void is_deleted_only_while_failover_is_not_paused() throws Exception {
    try (SimulatedNodes cluster = new SimulatedNodes(client, NAMESPACE, 2)) {
      cluster.database("db", NAMESPACE + "-spare-0", SimulatedNodes.DRIVER);
      api.kubectl(
          "", "annotate", "pod", "-n", NAMESPACE, "db-0", "rwop-guard.io/delete-when-failing=true");
      try (ServiceProcess service =
          new ServiceProcess(
              "rwop-guard.run=failover",
              "rwop-guard.kubeconfig=" + api.kubeconfig(),
              "rwop-guard.namespace=" + NAMESPACE,
              "rwop-guard.failover.mode=enforce",
              "rwop-guard.failover.release=volume",
              "rwop-guard.failover.scan-interval=1s",
              "rwop-guard.failover.failing-pods.report-after=1s",
              "rwop-guard.failover.failing-pods.delete-after=2s")) {
        await()
            .until(
                () -> {
                  annotate("rwop-guard.io/paused=test");
                  return isPaused(service);
                });
        fail();
        await()
            .until(
                () ->
                    client.v1().events().inNamespace(NAMESPACE).list().getItems().stream()
                        .anyMatch(event -> event.getReason().equals("PodKeepsFailing")));
        Thread.sleep(6000);
        assertThat(pod().getMetadata().getDeletionTimestamp()).isNull();

        annotate("rwop-guard.io/paused-");
        await().until(() -> pod() == null || pod().getMetadata().getDeletionTimestamp() != null);
      }
      for (int i = 0; i < 2; i++) {
        cluster.deleteNode(NAMESPACE + "-spare-" + i);
      }
    } finally {
      client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
    }
  }
}
