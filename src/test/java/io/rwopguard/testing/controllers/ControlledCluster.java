package io.rwopguard.testing.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.InstalledService;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * An API server with real controllers, a simulated node, and a namespace for both. The service
 * starts on request, so that something may be there before it.
 */
public final class ControlledCluster implements AutoCloseable {

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %s}
      spec:
        accessModes: [%s]
        resources: {requests: {storage: 1Gi}}
      """;

  private final ApiServer api;
  private final String namespace;
  private final ControllerManager controllers;
  private final FakeKubelet node;
  private InstalledService service;
  private int logBefore;

  /** A cluster with a namespace of this name, in which Pods are set up as the label says. */
  public ControlledCluster(String namespace, String mutate)
      throws IOException, InterruptedException {
    this.namespace = namespace;
    api = ApiServer.running();
    // what other tests left behind is no business of these controllers
    kubectl(
        "delete --all -A deployments,replicasets,statefulsets,daemonsets,replicationcontrollers,jobs,cronjobs");
    controllers = ControllerManager.beside(api);
    node =
        new FakeKubelet(
            api.client(), each -> each.equals(namespace) || each.startsWith(namespace + "-"));
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToLabels("rwop-guard.io/mutate", mutate)
                .endMetadata()
                .build())
        .create();
  }

  public String serviceLog() throws IOException {
    return service.log();
  }

  public void installService() throws IOException {
    service = new InstalledService(api);
    logBefore = service.log().length();
  }

  public KubernetesClient client() {
    return api.client();
  }

  /** Neither the service nor a controller knows of a refusal since the service was installed. */
  public void assertNothingDenied() throws IOException {
    assertThat(service.log().substring(logBefore)).doesNotContain("denied");
    assertThat(client().v1().events().inAnyNamespace().list().getItems())
        .extracting(event -> String.valueOf(event.getMessage()))
        .allSatisfy(message -> assertThat(message).doesNotContain("denied the request"));
  }

  /** Runs kubectl with these arguments, which has to succeed. */
  public String kubectl(String arguments) throws IOException, InterruptedException {
    return succeeded("", arguments);
  }

  /** Creates what a manifest says, which has to succeed. */
  public String create(String manifest) throws IOException, InterruptedException {
    return succeeded(manifest, "create -f -");
  }

  /** Creates what a manifest says in the namespaces that it names, which has to succeed. */
  public void createWhereItSays(String manifest) throws IOException, InterruptedException {
    KubectlResult result = api.kubectl(manifest, "create", "-f", "-");
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  public void kubectlWithoutAWord(String arguments) throws IOException, InterruptedException {
    assertNoWarning(kubectl(arguments));
  }

  public void createWithoutAWord(String manifest) throws IOException, InterruptedException {
    String output = create(manifest);
    assertThat(output).contains("created");
    assertNoWarning(output);
  }

  /** kubectl's own log may have the word too, of a watch that it has broken off itself. */
  private static void assertNoWarning(String output) {
    assertThat(output.lines()).noneMatch(line -> line.startsWith("Warning: "));
  }

  /** Runs kubectl with these arguments, in the namespace unless they say otherwise. */
  public KubectlResult attempt(String manifest, String arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments.split(" ")));
    if (!all.contains("-A")) {
      all.addAll(List.of("-n", namespace));
    }
    return api.kubectl(manifest, all.toArray(String[]::new));
  }

  /** Runs lines of a shell, in which kubectl asks this cluster; a proxy would hold its watches. */
  public KubectlResult shell(String lines) throws IOException, InterruptedException {
    return api.shell(lines.replaceAll("(?m)^export KUBECONFIG='.*/kubeconfig-of-proxy-.*$", ":"));
  }

  private String succeeded(String manifest, String arguments)
      throws IOException, InterruptedException {
    KubectlResult result = attempt(manifest, arguments);
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  /** A volume that only the claim of this name may have. */
  public void createVolume(String claim, String mode) throws IOException, InterruptedException {
    String source =
        """
        csi: {driver: csi.example.org, volumeHandle: %1$s}
          claimRef: {namespace: %2$s, name: %1$s}"""
            .formatted(claim, namespace);
    create(InstalledService.VOLUME.formatted(volumeOf(claim), mode, source));
  }

  /** The name of the volume that was made for this claim. */
  public String volumeOf(String claim) {
    return namespace + "-" + claim;
  }

  /** A claim, and a volume for it. */
  public void createClaim(String name, String mode) throws IOException, InterruptedException {
    createVolume(name, mode);
    create(CLAIM.formatted(name, mode));
  }

  /** This machine may be slow, and controllers try again after a while. */
  public static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofMinutes(2));
  }

  public List<Pod> pods(String app) {
    return client().pods().inNamespace(namespace).withLabel("app", app).list().getItems();
  }

  public int replicaSets(String app) {
    var sets = client().apps().replicaSets().inNamespace(namespace).withLabel("app", app);
    return sets.list().getItems().size();
  }

  /** The only Pod of an app, once it runs. */
  public Pod pod(String app) {
    return awaitPod(app, "");
  }

  /** The Pod that comes in place of another one, once it is the only one and runs. */
  public Pod podAfter(Pod previous) {
    var metadata = previous.getMetadata();
    return awaitPod(metadata.getLabels().get("app"), metadata.getUid());
  }

  private Pod awaitPod(String app, String previousUid) {
    return await()
        .until(
            () -> pods(app),
            pods ->
                pods.size() == 1
                    && pods.get(0).getStatus().getPhase().equals("Running")
                    && !pods.get(0).getMetadata().getUid().equals(previousUid))
        .get(0);
  }

  @Override
  public void close() {
    if (service != null) {
      service.close();
    }
    controllers.close();
    node.close();
  }
}
