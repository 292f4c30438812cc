package io.rwopguard.it;

import java.util.List;

/**
 * Kinds of other programs on a test's API server, as small definitions of the same group, version
 * and kind.
 */
final class ForeignKinds {

  private static final List<String> KINDS =
      List.of(
          "argoproj.io v1alpha1 Rollout rollouts",
          "keda.sh v1alpha1 ScaledObject scaledobjects",
          "snapshot.storage.k8s.io v1 VolumeSnapshot volumesnapshots");

  private final ControlledCluster cluster;

  ForeignKinds(ControlledCluster cluster) throws Exception {
    this.cluster = cluster;
    for (String kind : KINDS) {
      define(kind.split(" ", -1));
    }
  }

  private void define(String[] words) throws Exception {
    cluster.create(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: %4$s.%1$s
          annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-csi"}
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

  void remove() throws Exception {
    for (String kind : KINDS) {
      String[] words = kind.split(" ", -1);
      cluster.kubectl("delete --ignore-not-found crd " + words[3] + "." + words[0]);
    }
  }
}
