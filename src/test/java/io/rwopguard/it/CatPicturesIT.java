package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests the usual recipe's own case, as in {@code examples/cat-pictures}: a Deployment and its
 * claim, with and without a StorageClass. It is moved by the command and by the lines that the
 * command prints.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CatPicturesIT {

  private static final String NAMESPACE = "cat-pictures";
  private static final String CLAIM = "cat-pictures-pvc";

  private static final String CLASS =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: attached}
      provisioner: rbd.csi.ceph.com
      """;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    cluster.create(CLASS);
  }

  @AfterAll
  void stop() throws Exception {
    if (cluster != null) {
      cluster.kubectl("delete storageclass attached");
      proxy.close();
      cluster.close();
    }
  }

  private PersistentVolumeClaim claim() {
    return client.persistentVolumeClaims().inNamespace(NAMESPACE).withName(CLAIM).get();
  }

  /** No provisioner runs here: the volume of the class is what its provisioner would create. */
  private static String provisioned(String example) {
    String volume = example.substring(0, example.indexOf("---"));
    return volume.replace("spec:\n", "spec:\n  storageClassName: attached\n");
  }

  private static String example(String name) throws Exception {
    return Files.readString(Path.of("examples/cat-pictures", name + ".yaml"))
        .replace("namespace: default", "namespace: " + NAMESPACE);
  }

  @ParameterizedTest
  @CsvSource({
    "with-storage-class, false",
    "without-storage-class, false",
    "with-storage-class, true",
    "without-storage-class, true"
  })
  void cat_pictures_are_moved_with_their_volume(String name, boolean byHand, @TempDir Path folder)
      throws Exception {
    String manifest = example(name);
    if (name.equals("with-storage-class")) {
      cluster.create(provisioned(example("without-storage-class")));
    }
    cluster.create(manifest);
    cluster.pod("cat-pictures-writer");
    String before = claim().getMetadata().getUid();
    String claim = NAMESPACE + "/" + CLAIM;
    if (byHand) {
      CommandLineResult shown = proxy.run("migrate", claim, "--show-kubectl");
      assertThat(shown.exitCode()).as(shown.output()).isZero();
      assertThat(proxy.writes()).isEmpty();
      KubectlResult done = cluster.shell("cd '%s'%n%s".formatted(folder, shown.output()));
      assertThat(done.exitCode()).as(shown.output() + done.output()).isZero();
    } else {
      CommandLineResult moved = proxy.run("migrate", claim, "--apply");
      assertThat(moved.exitCode()).as(moved.output()).isZero();
    }
    cluster.pod("cat-pictures-writer");
    PersistentVolumeClaim after = claim();
    assertThat(after.getMetadata().getUid()).isNotEqualTo(before);
    assertThat(after.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(after.getSpec().getVolumeName()).isEqualTo("cat-pictures-pv");
    var volume = client.persistentVolumes().withName("cat-pictures-pv").get();
    assertThat(volume.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(after.getMetadata().getUid());
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    cluster.kubectl("delete deployment cat-pictures-writer");
    ControlledCluster.await().until(() -> cluster.pods("cat-pictures-writer").isEmpty());
    cluster.kubectl("delete pvc " + CLAIM);
    cluster.kubectl("delete pv cat-pictures-pv");
    proxy.killAt(KillingProxy.When.NEVER, 0);
  }
}
