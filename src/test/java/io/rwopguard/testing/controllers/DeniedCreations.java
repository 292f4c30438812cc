package io.rwopguard.testing.controllers;

import io.rwopguard.testing.process.CommandLineResult;
import java.io.IOException;
import java.util.concurrent.Callable;

/**
 * An admission policy that denies the creation of objects of one kind whose names begin alike. It
 * is there before a run is held, since a request that is held for ten seconds is given up.
 */
public final class DeniedCreations {

  /** Denies them always. */
  public static final String ALWAYS = "true";

  /** Denies what a dry run did not deny, as many webhooks do. */
  public static final String UNTRIED = "!request.dryRun";

  /** Denies those that have the label {@code denied}. */
  public static final String LABELED = "'denied' in object.metadata.labels";

  /** Text of the denial. */
  public static final String MESSAGE = "the test denies it";

  private static final String POLICY =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: deny-%1$s}
      spec:
        failurePolicy: Fail
        matchConstraints:
          resourceRules:
            - {apiGroups: ["%2$s"], apiVersions: [v1], operations: [CREATE], resources: [%3$s]}
        validations:
          - expression: >-
              object.metadata.name != '%1$s-probe'
              && !(object.metadata.name.startsWith('%1$s') && %5$s)
            message: %4$s
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: deny-%1$s}
      spec: {policyName: deny-%1$s, validationActions: [Deny]}
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %s-probe}
      spec:
        selector: {matchLabels: {app: probe}}
        template:
          metadata: {labels: {app: probe}}
          spec: {containers: [{name: c, image: c}]}
      """;

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %s-probe}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 1Gi}}
      """;

  private final ControlledCluster cluster;
  private final String prefix;
  private final String probe;

  private DeniedCreations(ControlledCluster cluster, String prefix, String probe) {
    this.cluster = cluster;
    this.prefix = prefix;
    this.probe = probe.formatted(prefix);
  }

  /** Runs something while StatefulSets are denied under this condition. */
  public static CommandLineResult ofSets(
      ControlledCluster cluster, String prefix, String when, Callable<CommandLineResult> body)
      throws Exception {
    String policy = POLICY.formatted(prefix, "apps", "statefulsets", MESSAGE, when);
    return new DeniedCreations(cluster, prefix, SET).during(policy, body);
  }

  /** Runs something while claims are denied under this condition. */
  public static CommandLineResult ofClaims(
      ControlledCluster cluster, String prefix, String when, Callable<CommandLineResult> body)
      throws Exception {
    String policy = POLICY.formatted(prefix, "", "persistentvolumeclaims", MESSAGE, when);
    return new DeniedCreations(cluster, prefix, CLAIM).during(policy, body);
  }

  private CommandLineResult during(String policy, Callable<CommandLineResult> body)
      throws Exception {
    cluster.create(policy);
    try {
      ControlledCluster.await().until(this::isDenied);
      return body.call();
    } finally {
      cluster.kubectl("delete validatingadmissionpolicybinding deny-" + prefix);
      cluster.kubectl("delete validatingadmissionpolicy deny-" + prefix);
      ControlledCluster.await().until(() -> !isDenied());
    }
  }

  private boolean isDenied() throws IOException, InterruptedException {
    return cluster.attempt(probe, "create --dry-run=server -f -").output().contains(MESSAGE);
  }
}
