package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * An admission policy of the cluster that denies each write to one object. The API server answers
 * such a write with 422, as it does a JSON Patch whose test fails.
 */
public final class DeniedWrites {

  /** Text of the denial. */
  public static final String MESSAGE = "not today";

  private final KubernetesClient client;
  private final String path;
  private final String object;
  private final String resource;
  private final String group;
  private final String name;

  /**
   * Runs something while writes to an object are denied.
   *
   * @param path of the object, such as {@code /api/v1/nodes/a}
   */
  public static void during(KubernetesClient client, String path, Runnable body) {
    DeniedWrites denied = new DeniedWrites(client, path);
    try {
      denied.begin();
      body.run();
    } finally {
      denied.end();
    }
  }

  private DeniedWrites(KubernetesClient client, String path) {
    this.client = client;
    this.path = path;
    List<String> parts = List.of(path.substring(1).split("/"));
    this.object = parts.get(parts.size() - 1);
    this.resource = parts.get(parts.size() - 2);
    this.group = parts.get(0).equals("api") ? "" : parts.get(1);
    this.name = resource + "-" + object;
  }

  private void begin() {
    client
        .resource(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: %s}
            spec:
              failurePolicy: Fail
              matchConstraints:
                resourceRules:
                  - apiGroups: ["%s"]
                    apiVersions: ["*"]
                    operations: [UPDATE, DELETE]
                    resources: [%s, %s/*]
                    resourceNames: [%s]
              validations: [{expression: "false", message: %s}]
            """
                .formatted(name, group, resource, resource, object, MESSAGE))
        .create();
    client
        .resource(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: %s}
            spec: {policyName: %s, validationActions: [Deny]}
            """
                .formatted(name, name))
        .create();
    awaitDenial(true);
  }

  private void awaitDenial(boolean denied) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> isDenied() == denied);
  }

  private boolean isDenied() {
    try {
      client.raw(path + "?dryRun=All", "DELETE", null);
      return false;
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getMessage()).contains(MESSAGE);
    }
  }

  private void end() {
    var admission = client.admissionRegistration().v1();
    admission.validatingAdmissionPolicyBindings().withName(name).delete();
    admission.validatingAdmissionPolicies().withName(name).delete();
    awaitDenial(false);
  }
}
