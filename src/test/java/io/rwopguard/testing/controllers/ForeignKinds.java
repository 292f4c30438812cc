package io.rwopguard.testing.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.Program;
import java.util.List;

/**
 * Kinds of other programs on a test's API server. VolumeSnapshots are defined as in their project,
 * the others as small definitions of the same group, version and kind.
 */
public final class ForeignKinds {

  private static final List<String> KINDS =
      List.of(
          "argoproj.io v1alpha1 Rollout rollouts", "keda.sh v1alpha1 ScaledObject scaledobjects");

  private static final String SNAPSHOTS = "volumesnapshots.snapshot.storage.k8s.io";

  private final ControlledCluster cluster;

  public ForeignKinds(ControlledCluster cluster) throws Exception {
    this.cluster = cluster;
    for (String kind : KINDS) {
      define(kind.split(" ", -1));
    }
    Program directory =
        Program.run(
            new ProcessBuilder("src/testbed/crds/directory").redirectErrorStream(true),
            "",
            Program.PATIENCE);
    assertThat(directory.exitCode()).as(directory.output()).isZero();
    cluster.kubectl(
        "create -f %s/snapshot.storage.k8s.io_volumesnapshots.yaml"
            .formatted(directory.output().strip()));
    cluster.kubectl("wait --for=condition=Established crd/" + SNAPSHOTS);
  }

  private void define(String[] words) throws Exception {
    cluster.create(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: %4$s.%1$s}
        spec:
          group: %1$s
          scope: Namespaced
          names: {kind: %3$s, plural: %4$s}
          versions:
            - name: %2$s
              served: true
              storage: true
              schema:
                openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """
            .formatted((Object[]) words));
    cluster.kubectl("wait --for=condition=Established crd/%4$s.%1$s".formatted((Object[]) words));
  }

  public void remove() throws Exception {
    cluster.kubectl("delete --ignore-not-found crd " + SNAPSHOTS);
    for (String kind : KINDS) {
      String[] words = kind.split(" ", -1);
      cluster.kubectl("delete --ignore-not-found crd " + words[3] + "." + words[0]);
    }
  }
}
