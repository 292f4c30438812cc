package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.ConfigCheck;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.testing.chart.Helm;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks which values the chart accepts, and what it says of others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartValuesIT {

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  @Test
  void helm_finds_nothing_to_complain_of() throws Exception {
    Helm.Result lint = helm.run(List.of("lint", "--strict", Helm.CHART.toString()));
    assertThat(lint.exitCode()).as(lint.output()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      // messages hold apostrophes
      quoteCharacter = '"',
      value = {
        "management.audiences={a}                      | management.audiences: The audiences have no effect without management.secure",
        "serviceMonitor.enabled=true,serviceMonitor.tlsConfig.serverName=b | serviceMonitor: authorization and tlsConfig have no effect on a port without TLS",
        "management.secure=true,serviceMonitor.enabled=true,management.audiences={a} | serviceMonitor.authorization: The token of the chart's ServiceAccount is for the API server",
        "serviceMonitor.authorization.type=Basic       | at '/serviceMonitor/authorization/type'",
        "serviceMonitor.tlsConfig.caFile=/ca.crt       | additional properties 'caFile' not allowed",
        "serviceMonitor.tlsConfig.maxVersion=1.3       | at '/serviceMonitor/tlsConfig/maxVersion'",
        "serviceMonitor.tlsConfig.ca.name=a            | additional properties 'name' not allowed",
        "serviceMonitor.tlsConfig.ca.configMap.name=a  | missing property 'key'",
        "extraEnv[0].name=RWOP_GUARD_MANAGEMENT_SECURE,extraEnv[0].value=a | Use management.secure",
        "serviceMonitor.authorization.type=Bearer      | properties 'credentials' required",
        "settings.rwop-guard.management.secure=true    | The chart decides rwop-guard.management.secure. Use management.secure",
        "extraEnv[0].name=QUARKUS_MANAGEMENT_TLS_CONFIGURATION_NAME,extraEnv[0].value=a | Use management.secure",
        "replica=3                                     | additional properties 'replica' not allowed",
        "image.tag=latest                              | at '/image/tag'",
        "image.repository=                             | at '/image/repository'",
        "image.digest=sha256:abc                       | at '/image/digest'",
        "certificates.mode=cert                        | must be one of 'self', 'cert-manager', 'existing'",
        "certificates.mode=existing                    | at '/certificates/existing/secretName'",
        "certificates.mode=existing                    | at '/certificates/existing/caBundle'",
        "webhooks.validating.failurePolicy.pods=Fail   | at '/webhooks/validating/failurePolicy/pods'",
        "webhooks.validating.failurePolicy.scale=Fail  | at '/webhooks/validating/failurePolicy/scale'",
        "webhooks.validating.failurePolicy.volumes=No  | must be one of 'Ignore', 'Fail'",
        "webhooks.timeoutSeconds=31                    | at '/webhooks/timeoutSeconds'",
        "webhooks.url=http://guard.example.org        | at '/webhooks/url'",
        "webhooks.url=https://me@guard.example.org    | at '/webhooks/url'",
        "webhooks.url=https://guard.example.org/?a=b  | at '/webhooks/url'",
        "webhooks.url=https://guard.example.org       | webhooks.url: With certificates.mode=self, the controller writes its CA into webhooks that name",
        "webhooks.namespaceSelector.matchNames={a}     | additional properties 'matchNames' not allowed",
        "webhooks.namespaceSelector.matchExpressions[0].key=a,webhooks.namespaceSelector.matchExpressions[0].operator=NotIn | at '/webhooks/namespaceSelector/matchExpressions/0': missing property 'values'",
        "webhooks.objectSelector.matchExpressions[0].key=a,webhooks.objectSelector.matchExpressions[0].operator=Is | at '/webhooks/objectSelector/matchExpressions/0/operator'",
        "webhooks.objectSelector.matchExpressions[0].key=a,webhooks.objectSelector.matchExpressions[0].operator=Exists,webhooks.objectSelector.matchExpressions[0].values={b} | at '/webhooks/objectSelector/matchExpressions/0/values'",
        "webhooks.matchConditions[0].name=beyond-one,webhooks.matchConditions[0].expression=true | at '/webhooks/matchConditions/0/name'",
        "webhooks.matchConditions[0].name=mine         | at '/webhooks/matchConditions/0': missing property 'expression'",
        "webhooks.validating.volume.enabled=false      | additional properties 'volume' not allowed",
        "webhooks.mutating.workloads=false             | at '/webhooks/mutating/workloads'",
        "settings.lookup-timeout=1s                    | 'lookup-timeout' does not match pattern",
        "settings.rwop-guard\\.tls\\.key=/x            | The chart decides rwop-guard.tls.key. Use certificates.existing",
        "settings.quarkus.http.ssl-port=1              | The chart decides quarkus.http.ssl-port. Use ports.https",
        "podDisruptionBudget.maxUnavailable=0          | at '/podDisruptionBudget/maxUnavailable'",
        "podSecurityContext.runAsUser=0                | at '/podSecurityContext/runAsUser'",
        "podSecurityContext.seccompProfile.type=Unconfined | at '/podSecurityContext/seccompProfile/type'",
        "hostNetwork=true                              | The kubelet listens at port 10250 of each node",
        "hostNetwork=true,ports.https=18443,ports.management=10250 | The kubelet listens at port 10250 of each node",
        "webhooks.labels.helm\\.sh/chart=x             | invalid propertyName 'helm.sh/chart'",
        "webhooks.annotations.a=1                      | at '/webhooks/annotations/a'",
        "networkPolicy.httpsFrom={10.0.0.0/8}          | at '/networkPolicy/httpsFrom/0'",
        "networkPolicy.dnsPorts={0}                    | at '/networkPolicy/dnsPorts/0'",
        "tracing.endpoint=collector:4318              | at '/tracing/endpoint'",
        "tracing.endpoint=https://me:secret@collector | at '/tracing/endpoint'",
        "tracing.endpoint=http://collector:65536      | at '/tracing/endpoint'",
        "tracing.endpoint=http://[fd00::1]:0          | at '/tracing/endpoint'",
        "tracing.sampleRatio=2                        | at '/tracing/sampleRatio'",
        "mesh.optIn=true                               | additional properties 'optIn' not allowed",
        "podSecurityContext.runAsNonRoot=false         | at '/podSecurityContext/runAsNonRoot'",
        "failover.mode=on                              | at '/failover/mode'",
        "failover.release=force                        | at '/failover/release'",
        "failover.drivers.x.revokes=true               | additional properties 'revokes' not allowed",
        "settings.rwop-guard\\.failover\\.mode=enforce | The chart decides rwop-guard.failover.mode. Use failover.mode",
        "failover.namespaces={A_b}                     | at '/failover/namespaces/0'",
        "controller.replicas=0                         | at '/controller/replicas'",
        "settings.rwop-guard\\.run=admission           | The chart decides rwop-guard.run. Use failover.mode and certificates.mode",
        "settings.rwop-guard\\.failover\\.drivers\\.a\\.b\\.release=volume | rwop-guard.failover.drivers.a.b.release. Use failover.drivers",
        "settings.rwop-guard.failover.drivers.x.revokes-on-unpublish=true | rwop-guard.failover.drivers.x.revokes-on-unpublish. Use failover.drivers",
        "settings.rwop-guard.failover.storage-classes.x.release=attachment | rwop-guard.failover.storage-classes.x.release. Use failover.storageClasses",
        "settings.rwop-guard.failover.fences.x.type=network-fence | rwop-guard.failover.fences.x.type. Use failover.fences",
        "extraEnv[0].name=RWOP_GUARD_FAILOVER_RELEASE  | extraEnv: The chart decides RWOP_GUARD_FAILOVER_RELEASE. Use failover.release",
        "extraEnv[0].name=RWOP_GUARD_FAILOVER_DRIVERS__A_B__RELEASE | Use failover.drivers",
        "extraEnv[0].name=rwop-guard.failover.mode     | extraEnv: The chart decides rwop-guard.failover.mode. Use failover.mode",
        "extraEnv[0].name=RWOP_GUARD_RUN               | extraEnv: The chart decides RWOP_GUARD_RUN",
        "extraEnv[0].name=RWOP_GUARD_RUN_0_            | extraEnv: The chart decides RWOP_GUARD_RUN_0_",
        "extraEnv[0].name=_PROD_RWOP_GUARD_FAILOVER_MODE | extraEnv: The chart decides _PROD_RWOP_GUARD_FAILOVER_MODE. Use failover.mode",
        "extraEnv[0].name=%prod.rwop-guard.failover.mode | extraEnv: The chart decides %prod.rwop-guard.failover.mode. Use failover.mode",
        "extraEnv[0].name=_PROD_RWOP_GUARD_FAILOVER_DRIVERS__A_B__RELEASE | Use failover.drivers",
        "extraEnv[0].name=JAVA_TOOL_OPTIONS,extraEnv[0].value=-Xmx1g -Drwop-guard.failover.mode=enforce | extraEnv: The chart decides rwop-guard.failover.mode. Use failover.mode",
        "extraEnv[0].name=JDK_JAVA_OPTIONS,extraEnv[0].value=-Dquarkus.config.locations=/x | The chart decides quarkus.config.locations. Use settings",
        "extraEnv[0].name=SMALLRYE_CONFIG_LOCATIONS    | The chart decides SMALLRYE_CONFIG_LOCATIONS. Use settings",
        "settings.%prod\\.rwop-guard\\.failover\\.mode=enforce | does not match pattern",
        "extraEnv[0].name=NODE_NAME                    | extraEnv: The chart decides NODE_NAME",
        "policies.enabled=true,extraEnv[0].name=RWOP_GUARD_RULES_CSI_ONLY | extraEnv: RWOP_GUARD_RULES_CSI_ONLY decides what the service denies",
        "policies.enabled=true,extraEnv[0].name=_PROD_RWOP_GUARD_CONTROLLERS_USERS | extraEnv: _PROD_RWOP_GUARD_CONTROLLERS_USERS decides",
        "policies.enabled=true,extraEnv[0].name=RWOP_GUARD_EXEMPTIONS_0__NAME | extraEnv: RWOP_GUARD_EXEMPTIONS_0__NAME decides",
        "webhooks.validating.failurePolicy.workloads=Fail,extraEnv[0].name=RWOP_GUARD_WARN_ONLY_NAMESPACES | extraEnv: RWOP_GUARD_WARN_ONLY_NAMESPACES decides",
        "policies.enabled=true,settings.rwop-guard\\.controllers\\.users={it's}  | settings.rwop-guard.controllers.users: \"it's\" has a quote, a backslash",
        "policies.enabled=true,settings.rwop-guard\\.warn-only-namespaces={a*} | settings.rwop-guard.warn-only-namespaces: \"a*\" is no name",
        "policies.enabled=true,settings.rwop-guard\\.controllers\\.other-namespaces=no | other-namespaces: must be true or false, found \"no\"",
        "failover.fences.Power.type=https              | invalid propertyName 'Power'",
        "failover.fences.x.type=ssh                    | at '/failover/fences/x/type'",
        "failover.fences.x.type=https                  | at '/failover/fences/x': missing property 'url'",
        "failover.fences.x.type=network-fence          | at '/failover/fences/x': missing property 'drivers'",
        "failover.fences.x.type=fence-agents-remediation | at '/failover/fences/x': missing properties 'template', 'templateNamespace'",
        "controller.extraVolumes[0].name=settings      | at '/controller/extraVolumes/0/name'",
        "controller.extraVolumeMounts[0].name=x        | at '/controller/extraVolumeMounts/0'",
        "audit.schedule=hourly                         | at '/audit/schedule'",
        "audit.format=policyreport                     | at '/audit/format'",
        "audit.failOn=error                            | at '/audit/failOn'",
        "audit.activeDeadlineSeconds=0                 | at '/audit/activeDeadlineSeconds'",
        "controller.extraVolumes[0].name=tls           | at '/controller/extraVolumes/0/name'",
        "extraVolumes[0].name=tls                      | at '/extraVolumes/0/name'",
        "extraVolumeMounts[0].name=x                   | at '/extraVolumeMounts/0'",
        "extraObjects={1}                              | at '/extraObjects/0'",
        "containerSecurityContext.privileged=true      | at '/containerSecurityContext/privileged'",
        "containerSecurityContext.readOnlyRootFilesystem=false | at '/containerSecurityContext/readOnlyRootFilesystem'",
        "containerSecurityContext.allowPrivilegeEscalation=true | at '/containerSecurityContext/allowPrivilegeEscalation'",
        "containerSecurityContext.capabilities.add={NET_ADMIN} | at '/containerSecurityContext/capabilities'",
        "containerSecurityContext.runAsUser=0          | at '/containerSecurityContext/runAsUser'",
        "strategy.type=Recreate                        | additional properties 'type' not allowed",
        "strategy.rollingUpdate.maxSurge=200%          | at '/strategy/rollingUpdate/maxSurge'",
        "autoscaling.minReplicas=0                     | at '/autoscaling/minReplicas'",
        "autoscaling.enabled=true,autoscaling.minReplicas=6 | autoscaling: minReplicas=6 is more than maxReplicas=5",
        "dnsPolicy=Own                                 | at '/dnsPolicy'",
        "service.ipFamilyPolicy=Dual                   | at '/service/ipFamilyPolicy'",
        "service.ipFamilies={IPv5}                     | at '/service/ipFamilies/0'",
        "global.imageRegistry=https://example.org      | at '/global/imageRegistry'",
        "global.imagePullSecrets[0].secret=x           | at '/global/imagePullSecrets/0'",
        "logging.format=xml                            | at '/logging/format'",
        "tls.minimum=1.1                               | at '/tls/minimum'",
        "settings.quarkus.tls.rwop-guard.protocols=TLSv1.1 | The chart decides quarkus.tls.rwop-guard.protocols. Use tls.minimum",
        "ports.https=443                               | at '/ports/https'",
        "commonLabels.app\\.kubernetes\\.io/name=x    | invalid propertyName 'app.kubernetes.io/name'",
        "serviceAccount.create=false                   | at '/serviceAccount/name'"
      })
  void a_value_that_cannot_work_is_refused(String value, String message) throws Exception {
    Helm.Result refused = helm.tryTemplate("--set", value);
    assertThat(refused.exitCode()).as(refused.output()).isNotZero();
    assertThat(refused.output()).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "global.imageRegistry=registry.invalid", "image.tag=v1"})
  void the_placeholder_for_the_image_is_refused(String value) throws Exception {
    Helm.Result refused = helm.templateWithoutImage("--set", value);
    assertThat(refused.exitCode()).as(refused.output()).isNotZero();
    assertThat(refused.output())
        .contains("image.repository: registry.invalid/rwop-guard is a placeholder")
        .contains("image.pullPolicy to Never");
  }

  @ParameterizedTest
  @CsvSource({
    "image.repository=registry.example.org/guard, registry.example.org/guard",
    "global.imageRegistry=mirror.example.org, mirror.example.org/rwop-guard",
    "image.pullPolicy=Never, registry.invalid/rwop-guard"
  })
  void an_image_that_nodes_can_get_is_accepted(String value, String image) throws Exception {
    Helm.Result rendered = helm.templateWithoutImage("--set", value);
    assertThat(rendered.exitCode()).as(rendered.output()).isZero();
    assertThat(rendered.output().lines().filter(line -> line.contains(" image: ")))
        .isNotEmpty()
        .allMatch(line -> line.contains(" image: " + image + ":"));
  }

  @Test
  void settings_arrive_as_they_were_written_flat_or_nested() throws Exception {
    Properties settings =
        settings(
            """
            settings:
              rwop-guard.rules.claim-in-use: deny
              rwop-guard:
                lookup-timeout: 300ms
                exemptions:
                  - {namespace: back*, rules: [claim-in-use, single-consumer]}
                  - name: "a,b\\\\c: =\\nü"
                grace: {seconds: 1000000}
                mutate: {trace: false, kinds: []}
                allowed-provisioners: ["a,b", "c d"]
                left-out: null
                indented: " x"
            """);
    assertThat(settings)
        .containsEntry("rwop-guard.rules.claim-in-use", "deny")
        .containsEntry("rwop-guard.lookup-timeout", "300ms")
        .containsEntry("rwop-guard.exemptions[0].namespace", "back*")
        .containsEntry("rwop-guard.exemptions[0].rules", "claim-in-use,single-consumer")
        .containsEntry("rwop-guard.exemptions[1].name", "a,b\\c: =\nü")
        .containsEntry("rwop-guard.grace.seconds", "1000000")
        .containsEntry("rwop-guard.mutate.trace", "false")
        // a comma in an element is escaped for Quarkus
        .containsEntry("rwop-guard.allowed-provisioners", "a\\,b,c d")
        .containsEntry("rwop-guard.indented", " x")
        .doesNotContainKeys("rwop-guard.left-out", "rwop-guard.mutate.kinds");
  }

  @Test
  void settings_beside_those_that_the_chart_decides_are_accepted() throws Exception {
    assertThat(
            settings(
                """
                settings:
                  rwop-guard.failover.lease-duration: 7s
                  rwop-guard.failover.limits.max-per-node-per-hour: 10
                  rwop-guard.tls.self-managed.overlap: 2m
                extraEnv:
                  - {name: RWOP_GUARD_FAILOVER_LEASE_DURATION, value: 5s}
                  - {name: RWOP_GUARD_LOOKUP_TIMEOUT, value: 300ms}
                """))
        .containsEntry("rwop-guard.failover.lease-duration", "7s");
  }

  @Test
  void statements_about_drivers_storage_classes_and_fences_arrive() throws Exception {
    Properties settings =
        settings(
            """
            failover:
              mode: enforce
              release: out-of-service
              namespaces: [shop, billing]
              drivers:
                csi.example.com: {revokesOnUnpublish: true, release: volume}
                rbd.csi.ceph.com: {revokesOnUnpublish: true, againstKnownBehavior: true}
                nfs.csi.k8s.io: {stoppedByFence: true}
              storageClasses:
                fast.one: {release: attachment}
              fences:
                bmc:
                  type: https
                  url: https://fence.example.org/x?a=b
                  scope: volumes
                  caCertificate: /etc/fence/ca.crt
                  tokenFile: /etc/fence/token
                  timeout: 5s
                  attempts: 2
                  retryAfter: 1m
                ceph:
                  type: network-fence
                  drivers: [rbd.csi.ceph.com]
                  secretName: ceph
                  secretNamespace: storage
                classed: {type: network-fence, drivers: [a.b], networkFenceClass: ceph-fence}
                far:
                  type: fence-agents-remediation
                  drivers: [nfs.csi.k8s.io, smb.csi.k8s.io]
                  template: ipmi
                  templateNamespace: medik8s
            controller:
              extraVolumes:
                - {name: fence, secret: {secretName: fence}}
              extraVolumeMounts:
                - {name: fence, mountPath: /etc/fence, readOnly: true}
            """);
    String fences = "rwop-guard.failover.fences.";
    String drivers = "rwop-guard.failover.drivers.";
    assertThat(settings)
        .containsEntry("rwop-guard.failover.mode", "enforce")
        .containsEntry("rwop-guard.failover.release", "out-of-service")
        .containsEntry("rwop-guard.failover.namespaces", "shop,billing")
        .containsEntry(drivers + "\"csi.example.com\".revokes-on-unpublish", "true")
        .containsEntry(drivers + "\"csi.example.com\".release", "volume")
        .containsEntry(drivers + "\"rbd.csi.ceph.com\".against-known-behavior", "true")
        .containsEntry(drivers + "\"nfs.csi.k8s.io\".stopped-by-fence", "true")
        .containsEntry("rwop-guard.failover.storage-classes.\"fast.one\".release", "attachment")
        .containsEntry(fences + "bmc.type", "https")
        .containsEntry(fences + "bmc.url", "https://fence.example.org/x?a=b")
        .containsEntry(fences + "bmc.scope", "volumes")
        .containsEntry(fences + "bmc.ca-certificate", "/etc/fence/ca.crt")
        .containsEntry(fences + "bmc.token-file", "/etc/fence/token")
        .containsEntry(fences + "bmc.timeout", "5s")
        .containsEntry(fences + "bmc.attempts", "2")
        .containsEntry(fences + "bmc.retry-after", "1m")
        .containsEntry(fences + "ceph.type", "network-fence")
        .containsEntry(fences + "ceph.drivers", "rbd.csi.ceph.com")
        .containsEntry(fences + "ceph.secret-name", "ceph")
        .containsEntry(fences + "ceph.secret-namespace", "storage")
        .containsEntry(fences + "classed.network-fence-class", "ceph-fence")
        .containsEntry(fences + "far.drivers", "nfs.csi.k8s.io,smb.csi.k8s.io")
        .containsEntry(fences + "far.template", "ipmi")
        .containsEntry(fences + "far.template-namespace", "medik8s");
  }

  @Test
  void tls_1_3_is_a_setting_only_where_it_is_the_minimum() throws Exception {
    String protocols = "quarkus.tls.rwop-guard.protocols";
    assertThat(settings("{}")).doesNotContainKey(protocols);
    assertThat(settings("tls: {minimum: \"1.3\"}")).containsEntry(protocols, "TLSv1.3");
  }

  @Test
  void off_without_quotes_is_off() throws Exception {
    assertThat(settings("failover: {mode: off}"))
        .doesNotContainKeys("rwop-guard.failover.mode", "rwop-guard.failover.lease");
  }

  @Test
  void a_changed_setting_rolls_the_pods_out_and_nothing_else_does() throws Exception {
    assertThat(podChecksum("--set", "settings.rwop-guard\\.rules\\.csi-only=warn"))
        .isNotEqualTo(podChecksum());
    assertThat(podChecksum("--set", "replicas=3")).isEqualTo(podChecksum());
  }

  /** The Pods that answer API servers do not even read it: one that is wrong stops none. */
  @Test
  void a_changed_setting_of_failover_rolls_out_the_controllers_alone() throws Exception {
    for (String change :
        List.of(
            "failover.release=attachment",
            "settings.rwop-guard\\.failover\\.scan-interval=3s",
            "settings.rwop-guard.failover.limits.max-per-hour=7")) {
      String[] changed = {"--set", "failover.mode=enforce", "--set", change};
      String[] before = {"--set", "failover.mode=enforce"};
      assertThat(podChecksum(changed)).as(change).isEqualTo(podChecksum(before));
      assertThat(checksum(Helm.RELEASE + "-controller", changed))
          .as(change)
          .isNotEqualTo(checksum(Helm.RELEASE + "-controller", before));
    }
    JsonNode data =
        Helm.the("ConfigMap", Helm.RELEASE, helm.render("--set", "failover.mode=enforce"))
            .path("data");
    assertThat(data.path("webhook.properties").asText())
        .contains("rwop-guard.tls.")
        .doesNotContain("failover");
    assertThat(data.path("application.properties").asText())
        .contains("rwop-guard.failover.mode=enforce");
  }

  @ParameterizedTest
  @CsvSource({
    "RWOP_GUARD_FAILOVER_LEASE_DURATION,false",
    "rwop-guard.failover.lease-duration,false",
    "_PROD_RWOP_GUARD_FAILOVER_SCAN_EVERY,false",
    "RWOP_GUARD_LOOKUP_TIMEOUT,true",
    "HTTPS_PROXY,true"
  })
  void a_variable_of_failover_reaches_the_controllers_alone(String name, boolean webhook)
      throws Exception {
    List<ObjectNode> documents =
        helm.render(
            "--set",
            "failover.mode=enforce",
            "--set",
            "extraEnv[0].name=" + name,
            "--set-string",
            "extraEnv[0].value=5s");
    assertThat(variables(documents, Helm.RELEASE + "-controller")).contains(name);
    assertThat(variables(documents, Helm.RELEASE).contains(name)).isEqualTo(webhook);
  }

  private static List<String> variables(List<ObjectNode> documents, String deployment) {
    return Helm.the("Deployment", deployment, documents)
        .at("/spec/template/spec/containers/0/env")
        .findValuesAsText("name");
  }

  /** A statement for tolerations needs to know which drivers are said to differ. */
  @ParameterizedTest
  @ValueSource(strings = {"enforce", "observe", "off"})
  void the_settings_of_the_webhook_are_accepted_by_it(String mode) throws Exception {
    String driver = "failover.drivers.rbd\\.csi\\.ceph\\.com.";
    ObjectNode map =
        Helm.the(
            "ConfigMap",
            Helm.RELEASE,
            helm.render(
                "--set",
                "failover.mode=" + mode,
                "--set",
                driver + "revokesOnUnpublish=true",
                "--set",
                driver + "againstKnownBehavior=true",
                "--set",
                "settings.rwop-guard\\.tolerations\\.revoking-drivers=rbd.csi.ceph.com"));
    for (String file : List.of("application", "webhook")) {
      Properties properties = new Properties();
      properties.load(new StringReader(map.path("data").path(file + ".properties").asText()));
      Map<String, String> settings = new HashMap<>();
      properties.forEach((name, value) -> settings.put(name.toString(), value.toString()));
      settings.put("rwop-guard.run", "admission");
      settings.put("rwop-guard.namespace", Helm.RELEASE);
      // there is none in a Pod, and any file that can be read is good enough for the check
      settings.put("rwop-guard.kubeconfig", "pom.xml");
      RwopGuardConfig config =
          new SmallRyeConfigBuilder()
              .addDiscoveredConverters()
              .withMapping(RwopGuardConfig.class)
              .withSources(new PropertiesConfigSource(settings, file, 100))
              .build()
              .getConfigMapping(RwopGuardConfig.class);
      assertThatCode(() -> ConfigCheck.check(config)).as(file).doesNotThrowAnyException();
    }
  }

  private String podChecksum(String... arguments) throws Exception {
    return checksum(Helm.RELEASE, arguments);
  }

  private String checksum(String deployment, String... arguments) throws Exception {
    return Helm.the("Deployment", deployment, helm.render(arguments))
        .at("/spec/template/metadata/annotations/checksum~1settings")
        .asText();
  }

  private Properties settings(String values) throws Exception {
    Path file = Files.writeString(Path.of("target/chart-values.yaml"), values);
    ObjectNode map = Helm.the("ConfigMap", Helm.RELEASE, helm.render("-f", file.toString()));
    Properties properties = new Properties();
    properties.load(new StringReader(map.at("/data/application.properties").asText()));
    return properties;
  }
}
