package io.rwopguard.testing.chart;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The ways to install the chart that differ in what comes out of it. */
public final class ChartVariants {

  /** The platforms that the chart has a file of values for. */
  public static final List<String> PLATFORMS =
      List.of("eks", "gke", "gke-autopilot", "aks", "openshift", "k3s", "rke2");

  /** Arguments of helm by a name for the variant. */
  public static final Map<String, List<String>> ALL = all();

  private ChartVariants() {}

  /** A fence of each type, and the Secret of the one that needs files. */
  private static final String FENCES =
      ",failover.drivers.rbd\\.csi\\.example\\.org.stoppedByFence=true"
          + ",failover.fences.ceph.type=network-fence"
          + ",failover.fences.ceph.drivers={rbd.csi.example.org}"
          + ",failover.fences.ceph.networkFenceClass=ceph-fence"
          + ",failover.fences.reboot.type=fence-agents-remediation"
          + ",failover.fences.reboot.template=ipmi,failover.fences.reboot.templateNamespace=shop"
          + ",failover.fences.reboot-too.type=fence-agents-remediation"
          + ",failover.fences.reboot-too.template=other"
          + ",failover.fences.reboot-too.templateNamespace=shop"
          + ",failover.fences.power.type=https,failover.fences.power.url=https://fence.example.org"
          + ",failover.fences.power.tokenFile=/etc/fence/token"
          + ",controller.extraVolumes[0].name=fence"
          + ",controller.extraVolumes[0].secret.secretName=fence"
          + ",controller.extraVolumeMounts[0].name=fence"
          + ",controller.extraVolumeMounts[0].mountPath=/etc/fence";

  private static Map<String, List<String>> all() {
    Map<String, List<String>> all = new LinkedHashMap<>();
    all.put("defaults", List.of());
    all.put("highly available", List.of("-f", values("ha")));
    all.put("cert-manager", List.of("--set", "certificates.mode=cert-manager"));
    all.put(
        "cert-manager with an issuer",
        List.of(
            "--set",
            "certificates.mode=cert-manager,certificates.certManager.issuerRef.name=vault"
                + ",certificates.certManager.issuerRef.kind=ClusterIssuer"));
    all.put(
        "existing certificate",
        List.of(
            "--set",
            "certificates.mode=existing,certificates.existing.secretName=mine"
                + ",certificates.existing.caBundle="
                + "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="));
    all.put(
        "client certificates",
        List.of(
            "--set",
            "clientCertificates.configMap=api-servers,clientCertificates.names={kube-apiserver}"
                + ",denialEvents=true"));
    all.put(
        "host network",
        List.of("--set", "hostNetwork=true,ports.https=18443,ports.management=19000"));
    all.put(
        "fail",
        List.of(
            "--set",
            "webhooks.validating.failurePolicy.volumes=Fail"
                + ",webhooks.validating.failurePolicy.workloads=Fail"));
    for (String platform : PLATFORMS) {
      all.put(platform, List.of("-f", values(platform)));
    }
    all.put("Kubernetes 1.29", List.of("--kube-version", "1.29.0"));
    all.put(
        "OpenShift by its API groups",
        List.of(
            "--api-versions",
            "security.openshift.io/v1",
            "--set",
            "certificates.mode=cert-manager"));
    all.put("adapted webhooks", List.of("-f", "src/test/resources/chart/adapted-webhooks.yaml"));
    all.put(
        "webhooks by address",
        List.of(
            "--set",
            "webhooks.url=https://guard.example.org:8443/rwop/,certificates.mode=cert-manager"));
    all.put("usual values", List.of("-f", "src/test/resources/chart/usual-values.yaml"));
    all.put("failover observed", List.of("--set", "failover.mode=observe"));
    all.put(
        "failover",
        List.of(
            "--set",
            "failover.mode=enforce,failover.release=volume"
                + ",failover.drivers.csi\\.example\\.org.revokesOnUnpublish=true"
                + ",failover.storageClasses.slow.release=attachment"
                + ",failover.storageClasses.tainted.release=out-of-service,networkPolicy.enabled=true"
                + FENCES));
    all.put(
        "failover in namespaces",
        List.of(
            "--set",
            "failover.mode=enforce,failover.release=out-of-service,failover.namespaces={shop}"
                + ",certificates.mode=cert-manager"));
    all.put(
        "secure management",
        List.of("--set", "management.secure=true,serviceMonitor.enabled=true"));
    all.put(
        "failover, secure management",
        List.of(
            "--set",
            "failover.mode=observe,management.secure=true,certificates.mode=cert-manager"));
    all.put("audit", List.of("--set", "audit.enabled=true,networkPolicy.enabled=true"));
    all.put("audit into the log", List.of("--set", "audit.enabled=true,audit.format=json"));
    all.put(
        "everything",
        List.of(
            "--set",
            "policies.enabled=true,audit.enabled=true,networkPolicy.enabled=true,serviceMonitor.enabled=true"
                + ",prometheusRule.enabled=true,dashboard.enabled=true"
                + ",commonLabels.team=storage,podLabels.a=b,podAnnotations.c=d"
                + ",priorityClassName=system-cluster-critical,image.pullSecrets[0].name=registry"
                + ",webhooks.labels.i=j,networkPolicy.httpsFrom[0].ipBlock.cidr=172.16.0.0/28"
                + ",networkPolicy.apiServerTo[0].ipBlock.cidr=172.16.0.2/32"
                + ",nodeSelector.disk=ssd,tolerations[0].operator=Exists,extraEnv[0].name=A"
                + ",extraEnv[0].value=b,service.annotations.e=f,serviceAccount.annotations.g=h"
                + ",settings.rwop-guard\\.rules\\.csi-only=warn"));
    return all;
  }

  /** Returns the path of a file of values in the chart. */
  public static String values(String name) {
    return Helm.CHART + "/values-" + name + ".yaml";
  }
}
