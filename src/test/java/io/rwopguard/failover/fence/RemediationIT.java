package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fences with the resources of medik8s on a real API server. */
class RemediationIT {

  private static final String NODE = "remediated-node";
  private static final String LONG_AGO = "2026-01-01T00:00:00Z";

  private final FenceCluster cluster = new FenceCluster();
  private final RemediationProvider fence =
      new RemediationProvider(
          new RemediationProvider.Settings("ipmi", "ipmi", "default", Duration.ofMinutes(5)),
          cluster.api,
          () -> Instant.parse(LONG_AGO).plusSeconds(60));

  private static FenceTarget target(String bootId, String renewTime) {
    return new FenceTarget(NODE, "uid", bootId, renewTime, List.of(), "", "", "");
  }

  private static FenceTarget target() {
    return target("boot-1", "t1");
  }

  private Optional<JsonNode> remediation() {
    return cluster.api.get(RemediationProvider.REMEDIATIONS, "default", NODE);
  }

  @BeforeEach
  void make() {
    cluster
        .client
        .resource(
            """
            apiVersion: fence-agents-remediation.medik8s.io/v1alpha1
            kind: FenceAgentsRemediationTemplate
            metadata: {name: ipmi, namespace: default}
            spec:
              template:
                spec:
                  agent: fence_ipmilan
                  remediationStrategy: OutOfServiceTaint
                  sharedparameters: {"--action": reboot}
                  nodeparameters: {"--ip": {%s: 192.0.2.9}}
            """
                .formatted(NODE))
        .create();
  }

  @AfterEach
  void remove() {
    cluster.clear(NODE);
  }

  @Test
  void a_remediation_is_created_from_the_template_and_confirms_by_its_condition() {
    assertThat(fence.status(target()).state()).isEqualTo(State.NOT_ASKED);
    assertThat(fence.fence(target()).state()).isEqualTo(State.PENDING);
    JsonNode spec = remediation().orElseThrow().path("spec");
    assertThat(spec.path("agent").asText()).isEqualTo("fence_ipmilan");
    assertThat(spec.at("/nodeparameters/--ip").path(NODE).asText()).isEqualTo("192.0.2.9");
    cluster.reconcileRemediations("Unknown", "", LONG_AGO);
    assertThat(fence.fence(target()).state()).isEqualTo(State.PENDING);
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(fence.fence(target()).isConfirmed()).isTrue();
    assertThat(fence.ownTaints(NODE))
        .anyMatch(
            taint ->
                taint.key().equals("medik8s.io/remediation")
                    && taint.value().equals("fence-agents-remediation"))
        .anyMatch(
            taint ->
                taint.key().equals("remediation.medik8s.io/fence-agents-remediation")
                    && taint.effect().equals("NoSchedule"));

    assertThat(fence.unfence(target()).state()).isEqualTo(State.PENDING);
    assertThat(fence.unfence(target()).state()).isEqualTo(State.PENDING);
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(fence.unfence(target()).state()).isEqualTo(State.UNFENCED);
    assertThat(fence.ownTaints(NODE)).isEmpty();
  }

  @Test
  void reports_a_failure_and_retries_after_the_pause() {
    fence.fence(target());
    cluster.reconcileRemediations("False", "Fence agent command has failed", LONG_AGO);
    assertThat(fence.fence(target()).text()).contains("Fence agent command has failed");
    assertThat(fence.fence(target()).state()).isEqualTo(State.FAILED);
    cluster.reconcileRemediations("False", "again", "2025-12-31T23:00:00Z");
    assertThat(fence.fence(target()).state()).isEqualTo(State.FAILED);
    cluster.reconcileRemediations("False", "", LONG_AGO);
    assertThat(remediation()).isEmpty();
    fence.fence(target());
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(fence.fence(target()).isConfirmed()).isTrue();
  }

  @Test
  void a_success_of_another_boot_or_silence_is_none() {
    fence.fence(target());
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(fence.status(target("boot-2", "t1")).state()).isEqualTo(State.NOT_ASKED);
    assertThat(fence.status(target("boot-1", "t2")).state()).isEqualTo(State.NOT_ASKED);
    assertThat(fence.fence(target("boot-2", "t2")).state()).isEqualTo(State.PENDING);
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(remediation()).isEmpty();
    assertThat(fence.fence(target("boot-2", "t2")).state()).isEqualTo(State.PENDING);
    assertThat(remediation()).isPresent();
  }

  @Test
  void a_remediation_of_another_controller_is_left_alone() {
    cluster
        .client
        .resource(
            """
            apiVersion: fence-agents-remediation.medik8s.io/v1alpha1
            kind: FenceAgentsRemediation
            metadata: {name: %s, namespace: default}
            spec: {agent: fence_ipmilan}
            """
                .formatted(NODE))
        .create();
    cluster.reconcileRemediations("True", "", LONG_AGO);
    assertThat(fence.fence(target()).text()).contains("created by another controller");
    assertThat(fence.ownTaints(NODE)).as("that taint is not ours").isEmpty();
    assertThat(fence.unfence(target()).state()).isEqualTo(State.UNFENCED);
    assertThat(remediation().orElseThrow().path("metadata").has("deletionTimestamp")).isFalse();
  }

  @Test
  void a_template_that_is_missing_is_named() {
    cluster.clear(NODE);
    assertThat(fence.fence(target()).text()).contains("default/ipmi does not exist");
  }
}
