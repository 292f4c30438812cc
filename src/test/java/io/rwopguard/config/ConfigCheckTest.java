package io.rwopguard.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.drivers.Drivers;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigCheckTest {

  private static RwopGuardConfig config(String... namesAndValues) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder().addDiscoveredConverters().withMapping(RwopGuardConfig.class);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.withDefaultValue("rwop-guard." + namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build().getConfigMapping(RwopGuardConfig.class);
  }

  @Test
  void the_defaults_are_good() {
    assertThatCode(() -> ConfigCheck.check(config())).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "lookup-timeout, PT0S, must be longer than zero",
    "tls.reload-interval, PT-1S, must be longer than zero",
    "liveness.period-seconds, 0, must be from 1 to 3600",
    "liveness.failure-threshold, 1001, must be from 1 to 1000",
    "mutate.repeated-edits, -1, must be from 0 to 1000",
    "liveness.startup-budget, PT0.5S, must be from a second to a year",
    "liveness.startup-budget, P3650D, must be from a second to a year",
    "kubeconfig, /nowhere, cannot read the file /nowhere",
    "denial-events, true, 'rwop-guard.denial-events: needs a cluster'",
    "tls.key, pom.xml, 'rwop-guard.tls.certificate: must be set, too'",
    "tls.certificate, pom.xml, 'rwop-guard.tls.key: must be set, too'",
    "failover.mode, enforce, 'rwop-guard.failover.mode: needs a cluster'",
    "management.secure, true, 'rwop-guard.management.secure: needs a cluster'",
    "management.allowed-for, PT11M, must be from 0s to 10 minutes",
    "management.denied-for, PT-1S, must be from 0s to 10 minutes",
    "failover.suspect-after, PT5S, must be from 12 seconds to 10 minutes",
    "failover.scan-interval, PT0.1S, must be from 1 seconds to 10 minutes",
    "failover.lease-duration, PT1S, must be from 6 to 20 seconds",
    "failover.lease-duration, PT5S, a write that started within it may end after it",
    "failover.lease-duration, PT30S, 'a replica asks the API server too rarely to tell'",
    "failover.limits.suspect-percent, 0, must be from 1 to 100",
    "failover.limits.max-per-claim-per-hour, 0, must be from 1 to 1000",
    "failover.fence.url, https://fence, 'was renamed to rwop-guard.failover.fences.NAME.url'",
    "failover.drivers.\"a.b\".stopped-by-fence, true, no fence serves this driver. Configure a fence",
    "failover.fences.x.type, https, 'fences.x.url: must be an https:// address, found none'",
    "failover.fences.x.type, network-fence, must name exactly one driver",
    "failover.fences.x.type, network-fence, set either this or secret-name",
    "failover.fences.x.type, fence-agents-remediation, must be set together with template-namespace",
    "failover.fences.X_1.type, https, 'must consist of lower case letters, digits and dashes'",
    "failover.drivers.\"nfs.csi.k8s.io\".revokes-on-unpublish, true, contradicts the known behavior of csi-driver-nfs with release pod-only",
    "failover.maintenance.recovery-hold-off, PT0S, must be longer than zero",
  })
  void says_which_setting_cannot_work(String name, String value, String message) {
    assertThatThrownBy(() -> ConfigCheck.check(config(name, value)))
        .hasMessageContaining("rwop-guard.")
        .hasMessageContaining(message);
  }

  @Test
  void a_statement_is_compared_with_what_is_known_under_the_release_that_is_chosen() {
    String rbd = "failover.drivers.\"rbd.csi.ceph.com\".";
    String states = rbd + "revokes-on-unpublish";
    assertThatThrownBy(
            () -> ConfigCheck.check(config(states, "true", "failover.release", "volume")))
        .hasMessageContaining("Ceph RBD with release volume");
    assertThatThrownBy(
            () ->
                ConfigCheck.check(
                    config(
                        states,
                        "true",
                        rbd + "release",
                        "attachment",
                        "failover.release",
                        "out-of-service")))
        .hasMessageContaining("Ceph RBD with release attachment");
    assertThatCode(
            () -> ConfigCheck.check(config(states, "true", "failover.release", "out-of-service")))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> ConfigCheck.check(config(states, "true", rbd + "against-known-behavior", "true")))
        .doesNotThrowAnyException();
  }

  @Test
  void the_tolerations_statement_is_compared_with_what_is_known_too() {
    String drivers = "tolerations.revoking-drivers";
    String source = Drivers.of("rbd.csi.ceph.com").orElseThrow().revoking().source();
    assertThatThrownBy(
            () -> ConfigCheck.check(config(drivers, "pd.csi.storage.gke.io,rbd.csi.ceph.com")))
        .hasMessage(
            "rwop-guard.tolerations.revoking-drivers: rbd.csi.ceph.com contradicts the known behavior of Ceph RBD: an unreachable node loses access only while it has the taint node.kubernetes.io/out-of-service (%s). Two nodes could write to one volume. Remove the driver. If your version of the driver differs, set rwop-guard.failover.drivers.\"rbd.csi.ceph.com\".against-known-behavior=true.",
            source);
    assertThatCode(
            () ->
                ConfigCheck.check(
                    config(
                        drivers,
                        "rbd.csi.ceph.com",
                        "failover.drivers.\"rbd.csi.ceph.com\".against-known-behavior",
                        "true")))
        .doesNotThrowAnyException();
  }

  @Test
  void all_contradictions_are_said_at_once() {
    assertThatThrownBy(
            () ->
                ConfigCheck.check(
                    config(
                        "failover.drivers.\"nfs.csi.k8s.io\".revokes-on-unpublish",
                        "true",
                        "failover.drivers.\"efs.csi.aws.com\".revokes-on-unpublish",
                        "true")))
        .hasMessageContaining("csi-driver-nfs")
        .hasMessageContaining("Amazon EFS");
  }

  @ParameterizedTest
  @CsvSource({
    "https, url, http://fence, must be an https:// address",
    "https, token-file, /nowhere, cannot read the file /nowhere",
    "https, token-file, /var/run/secrets/kubernetes.io/serviceaccount/token, could act as rwop-guard",
    "https, token-file, /var/run/x/../secrets/kubernetes.io/serviceaccount/token, could act as",
    "https, template, x, has no meaning for type https",
    "https, network-fence-class, x, has no meaning for type https",
    "https, drivers, a.b, 'fences.x.drivers: driver a.b is named, but no setting states that a fence stops it. Set'",
    "https, attempts, 0, must be from 1 to 100",
    "https, retry-after, PT0S, must be longer than zero",
    "network-fence, url, https://fence, has no meaning for type network-fence",
    "network-fence, scope, volumes, can be changed for an https fence only. Remove it",
    "network-fence, secret-name, x, must be set together with secret-name",
    "fence-agents-remediation, drivers, 'a,b', 'fences.x.drivers: driver b is named'",
  })
  void says_what_a_fence_cannot_have(String type, String name, String value, String message) {
    String fence = "failover.fences.x.";
    assertThatThrownBy(() -> ConfigCheck.check(config(fence + "type", type, fence + name, value)))
        .hasMessageContaining("rwop-guard.failover.fences.")
        .hasMessageContaining(message);
  }

  @Test
  void a_driver_without_a_fence_is_to_be_named_in_one_of_those_there_are() {
    assertThatThrownBy(
            () ->
                ConfigCheck.check(
                    config(
                        "failover.drivers.\"a.b\".stopped-by-fence", "true",
                        "failover.drivers.\"c.d\".stopped-by-fence", "true",
                        "failover.fences.power.type", "https",
                        "failover.fences.power.url", "https://fence/power",
                        "failover.fences.power.drivers", "c.d")))
        .hasMessage(
            "rwop-guard.failover.drivers.\"a.b\".stopped-by-fence: no fence serves this driver. Name it in rwop-guard.failover.fences.power.drivers");
  }

  @Test
  void fences_that_serve_their_drivers_are_accepted() {
    assertThatCode(
            () ->
                ConfigCheck.check(
                    config(
                        "failover.drivers.\"a.b\".stopped-by-fence", "true",
                        "failover.drivers.\"c.d\".stopped-by-fence", "true",
                        "failover.fences.power.type", "https",
                        "failover.fences.power.url", "https://fence/power",
                        "failover.fences.far.type", "fence-agents-remediation",
                        "failover.fences.far.template", "ipmi",
                        "failover.fences.far.template-namespace", "medik8s",
                        "failover.fences.ceph.type", "network-fence",
                        "failover.fences.ceph.drivers", "a.b",
                        "failover.fences.ceph.network-fence-class", "ceph")))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"ca-certificate", "token-file"})
  void only_a_process_that_runs_the_controller_reads_the_files_of_fences(String file) {
    String[] fence = {
      "run",
      "admission,certificates",
      "failover.fences.x.type",
      "https",
      "failover.fences.x.url",
      "https://fence",
      "failover.fences.x." + file,
      "/nowhere"
    };
    assertThatCode(() -> ConfigCheck.check(config(fence))).doesNotThrowAnyException();
    fence[1] = "failover";
    assertThatThrownBy(() -> ConfigCheck.check(config(fence)))
        .hasMessageContaining("rwop-guard.failover.fences.x.%s: cannot read the file", file);
    fence[1] = "admission";
    fence[7] = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    if (file.equals("token-file")) {
      assertThatThrownBy(() -> ConfigCheck.check(config(fence)))
          .hasMessageContaining("could act as rwop-guard");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tls.self-managed.secret, Not_A_Name, must be the name of an object",
    "tls.self-managed.ca-secret, rwop-guard-certificates, must be another Secret than",
    "tls.self-managed.overlap, PT0S, must be longer than zero",
    "tls.self-managed.lease-duration, PT1S, must be at least 2 seconds",
    "tls.self-managed.ca-lifetime, P100D, must be at least three times the certificate-lifetime",
    "tls.self-managed.ca-lifetime, P40000D, must be at most 100 years",
    "tls.self-managed.certificate-lifetime, PT3M, a third of it must be longer than overlap and",
    "tls.certificate, pom.xml, 'tls.self-managed.enabled: contradicts rwop-guard.tls.certificate'",
  })
  void says_which_setting_of_self_managed_certificates_cannot_work(
      String name, String value, String message) {
    String[] good = {
      "tls.self-managed.enabled", "true", "kubeconfig", "pom.xml", "namespace", "guards"
    };
    assertThatCode(() -> ConfigCheck.check(config(good))).doesNotThrowAnyException();

    String[] bad = Arrays.copyOf(good, good.length + 2);
    bad[good.length] = name;
    bad[good.length + 1] = value;
    assertThatThrownBy(() -> ConfigCheck.check(config(bad))).hasMessageContaining(message);
  }

  @Test
  void a_process_that_answers_no_client_needs_no_certificate() {
    assertThatThrownBy(
            () -> ConfigCheck.check(config("tls.certificate", "/none", "tls.key", "/none")))
        .hasMessageContaining("cannot read the file /none");
    assertThatCode(
            () ->
                ConfigCheck.check(
                    config("run", "failover", "tls.certificate", "/none", "tls.key", "/none")))
        .doesNotThrowAnyException();
  }

  @Test
  void self_managed_certificates_need_a_cluster_and_a_namespace() {
    assertThatThrownBy(() -> ConfigCheck.check(config("tls.self-managed.enabled", "true")))
        .hasMessageContaining("rwop-guard.tls.self-managed.enabled: needs a cluster")
        .hasMessageContaining("rwop-guard.namespace: must be set");
  }
}
