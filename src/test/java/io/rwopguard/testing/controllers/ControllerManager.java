package io.rwopguard.testing.controllers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.KubernetesBinaries;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.process.Processes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;

/**
 * A real kube-controller-manager beside the API server, for as long as a test needs it. The objects
 * that it creates of workloads would disturb the other tests.
 */
final class ControllerManager implements AutoCloseable {

  private static final String CANARY =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: canary, namespace: default}
      spec:
        replicas: 0
        selector: {matchLabels: {app: canary}}
        template:
          metadata: {labels: {app: canary}}
          spec:
            containers: [{name: canary, image: canary}]
      """;

  private final File log;
  private final Process process;
  private final Thread endAtShutdown;

  private ControllerManager(Path binary, Path kubeconfig, File log) throws IOException {
    this.log = log;
    process =
        new ProcessBuilder(
                binary.toString(),
                "--kubeconfig=" + kubeconfig,
                // there is only one, and no client reads what it serves
                "--leader-elect=false",
                "--secure-port=0",
                // a node of the tests has no kubelet that says it is alive
                "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller",
                "--kube-api-qps=500",
                "--kube-api-burst=500")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    endAtShutdown = new Thread(process::destroy, "stop-controller-manager");
    Runtime.getRuntime().addShutdownHook(endAtShutdown);
  }

  /**
   * Starts it and waits until it reconciles; where it can be neither found nor built, the tests
   * that ask for it are skipped.
   */
  public static ControllerManager beside(ApiServer api) throws IOException, InterruptedException {
    Optional<Path> binary = KubernetesBinaries.controllerManager(api.kubernetes());
    assumeTrue(binary.isPresent(), KubernetesBinaries.NO_CONTROLLER_MANAGER);
    ControllerManager started =
        new ControllerManager(
            binary.orElseThrow(),
            kubeconfig(api),
            api.file("kube-controller-manager.log").toFile());
    try {
      started.awaitReconciling(api.client());
    } catch (RuntimeException e) {
      started.close();
      throw e;
    }
    return started;
  }

  /** Returns a kubeconfig with the name that the service knows controllers by. */
  private static Path kubeconfig(ApiServer api) throws IOException {
    ObjectNode config = Manifests.read(api.kubeconfig());
    ((ObjectNode) config.at("/users/0/user"))
        .put("as", "system:kube-controller-manager")
        .putArray("as-groups")
        .add("system:masters");
    return Files.writeString(api.file("kube-controller-manager.kubeconfig"), config.toString());
  }

  private void awaitReconciling(KubernetesClient client) {
    var canary = client.resource(CANARY);
    canary.create();
    try {
      Awaitility.await()
          .alias("kube-controller-manager to reconcile; its log is " + log)
          .atMost(Duration.ofMinutes(2))
          .failFast("kube-controller-manager ended; its log is " + log, () -> !process.isAlive())
          .until(
              () -> {
                var sets = client.apps().replicaSets().inNamespace("default");
                return !sets.withLabel("app", "canary").list().getItems().isEmpty();
              });
    } finally {
      canary.delete();
    }
  }

  @Override
  public void close() {
    Processes.end(process);
    Runtime.getRuntime().removeShutdownHook(endAtShutdown);
  }
}
