package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.FixtureInventory;
import io.rwopguard.Manifests;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exact words of the rules about workloads and the claims that they name. */
class WorkloadRulesTest {

  private static List<Finding> check(String rule, String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/%s/fail/%s.yaml".formatted(rule, fixture));
    List<ObjectFacts> states = Manifests.readAll(file).stream().map(Manifests::facts).toList();
    ObjectFacts object = states.get(states.size() - 1);
    Optional<ObjectFacts> before =
        states.size() == 1 ? Optional.empty() : Optional.of(states.get(0));
    return RuleSet.WITH_DEFAULTS.findings(object, before, new FixtureInventory()).stream()
        .filter(finding -> finding.rule().equals(rule))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "single-consumer | deployment-of-two | DENY | spec.replicas: 2 Pods run at a time, and claim exclusive is ReadWriteOncePod: all but the first stay Pending forever; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "single-consumer | daemonset | DENY | spec: a DaemonSet runs a Pod on each node, and claim exclusive is ReadWriteOncePod: all but the first stay Pending forever; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "single-consumer | parallel-cronjob | WARN | spec.jobTemplate.spec.parallelism: 2 Pods run at a time, and claim exclusive is ReadWriteOncePod: they take turns; run one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (single-consumer)",
        "rolling-update-deadlock | default-strategy | WARN | spec.strategy.rollingUpdate.maxUnavailable: maxUnavailable comes to 0, so on a rollout the new Pod waits for claim exclusive and the old Pod for the new one; write strategy: {type: Recreate} (rolling-update-deadlock)",
        "bypasses-scheduler | pod | WARN | spec.nodeName: it goes round the scheduler, which keeps a second Pod off the ReadWriteOncePod claim exclusive; leave nodeName out and write nodeSelector: {kubernetes.io/hostname: NODE} (bypasses-scheduler)",
        "scale-beyond-one | to-three | DENY | spec.replicas: Deployment on-exclusive would run 3 Pods, and claim taken is ReadWriteOncePod: all but the first stay Pending forever; keep it at one Pod, or give each its own claim by a StatefulSet's volumeClaimTemplates (scale-beyond-one)",
        "autoscaled | up-to-five | DENY | spec.maxReplicas: Deployment on-exclusive may grow to 5 Pods, and claim taken is ReadWriteOncePod: all but the first stay Pending forever; leave the autoscaler out, or give each Pod its own claim by a StatefulSet's volumeClaimTemplates (autoscaled)",
        "claim-in-use | another-stateful-set | WARN | spec.template.spec.volumes: claim busy is ReadWriteOncePod and used by StatefulSet holder, so a Pod has to wait here; stop the other first, or use a separate claim (claim-in-use)",
        "becomes-exclusive | volume-of-a-crowded-claim | DENY | spec.accessModes: 2 Pods use claim shop/crowded now (a, b), and with ReadWriteOncePod only one of them could start again; scale down to one Pod first (becomes-exclusive)",
        "becomes-exclusive | deployment-moved-to-a-contested-claim | DENY | spec.template.spec.volumes: 2 Pods use claim shop/contested now (a, b), and since claim contested is ReadWriteOncePod only one of them could start again; scale down to one Pod first (becomes-exclusive)",
        "half-migrated | pod-on-such-a-claim | WARN | spec.volumes: the volume of claim half-migrated is ReadWriteOncePod and the claim is not, so the kubelet enforces it and the scheduler does not; give both the same access modes: a volume's can be changed, and a claim has to be recreated (half-migrated)",
        "half-migrated | claim-ahead-of-its-volume | WARN | spec.accessModes: claim exclusive is ReadWriteOncePod and its volume is not, so the scheduler enforces it and the kubelet does not; give both the same access modes: a volume's can be changed, and a claim has to be recreated (half-migrated)",
        "unfenced-driver | pod | WARN | spec.terminationGracePeriodSeconds: a deleted Pod is gone before its containers are, and the driver unfenced.csi of volume data does not attach, so another node may mount it meanwhile; write terminationGracePeriodSeconds: 1 or more (unfenced-driver)",
        "hook-cannot-run | no-grace | WARN | spec.containers[0].lifecycle.preStop: the hook of container db has no time to run, since the Pod's grace period is 0 s; write a terminationGracePeriodSeconds that the hook fits in, or leave the hook out (hook-cannot-run)",
        "csi-only | claim-of-an-in-tree-class | WARN | spec.storageClassName: ReadWriteOncePod needs a CSI driver to enforce it at the storage, and class in-tree-class is provisioned by kubernetes.io/rbd; use a volume of a CSI driver, or write accessModes: [\"ReadWriteOnce\"] (csi-only)",
        "csi-only | claim-of-a-migrated-class | WARN | spec.storageClassName: class migrated-class is provisioned by kubernetes.io/aws-ebs: driver ebs.csi.aws.com serves its volumes, but their objects are in-tree; use a StorageClass whose provisioner is ebs.csi.aws.com (csi-only)",
        "csi-only | claim-that-portworx-csi-serves | WARN | spec.storageClassName: class portworx-class is provisioned by kubernetes.io/portworx-volume: driver pxd.portworx.com serves its volumes, but their objects are in-tree; use a StorageClass whose provisioner is pxd.portworx.com (csi-only)",
        "csi-only | claim-of-a-class-that-csi-may-serve | WARN | spec.storageClassName: class portworx-class is provisioned by kubernetes.io/portworx-volume: driver pxd.portworx.com serves its volumes only with the feature gate CSIMigrationPortworx (on by default since Kubernetes 1.31), and their objects are in-tree; use a StorageClass whose provisioner is pxd.portworx.com (csi-only)",
        "csi-only | claim-of-a-class-without-provisioner | WARN | spec.storageClassName: ReadWriteOncePod needs a CSI driver to enforce it at the storage, and class manual-class has no provisioner; use a volume of a CSI driver, or write accessModes: [\"ReadWriteOnce\"] (csi-only)",
        "claim-unknown | deployment | WARN | spec.template.spec.volumes: there is no claim missing in namespace shop, and Pods wait until there is; create the claim, or correct its name (claim-unknown)",
      })
  void says_where_why_and_what_to_write(
      String rule, String fixture, Severity severity, String message) {
    assertThat(check(rule, fixture))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(severity);
              assertThat(finding.message()).isEqualTo(message);
            });
  }

  /** KEDA creates it like this: kedacore/keda, pkg/scaling/executor and controllers/keda/hpa.go. */
  @Test
  void audits_an_autoscaler_of_keda_with_the_name_of_the_scaled_object() {
    var manifest =
        Manifests.parse(
            """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: keda-hpa-web
              ownerReferences:
                - {apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: web, uid: a, controller: true, blockOwnerDeletion: true}
            spec:
              maxReplicas: 10
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: on-exclusive}
            """);
    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(manifest), Optional.empty(), new FixtureInventory()))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.AUDIT);
              assertThat(finding.message())
                  .contains(
                      "set maxReplicaCount: 1 in ScaledObject web, which made this autoscaler");
            });
  }

  @Test
  void never_refuses_objects_of_a_controller() {
    var manifest =
        Manifests.read(
            Manifests.RESOURCES.resolve("rules/single-consumer/fail/replicaset-of-two.yaml"));
    manifest
        .withObject("/metadata")
        .putArray("ownerReferences")
        .addObject()
        .put("kind", "Deployment")
        .put("controller", true);

    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts(manifest), Optional.empty(), new FixtureInventory()))
        .extracting(Finding::severity)
        .containsExactly(Severity.AUDIT);
  }
}
