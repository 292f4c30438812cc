package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Recognizes objects that an operator manages. It has an owner of a kind outside Kubernetes, or
 * known labels, because some operators set no owner.
 */
public final class Operators {

  /** The label that names the program which manages an object. */
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /**
   * The API groups of kube-apiserver 1.37, and one more. Groups such as sparkoperator.k8s.io only
   * look like built-in ones.
   */
  private static final Set<String> BUILT_IN =
      Set.of(
          "",
          "admissionregistration.k8s.io",
          "apiextensions.k8s.io",
          "apiregistration.k8s.io",
          // an Application only lists what users installed
          "app.k8s.io",
          "apps",
          "authentication.k8s.io",
          "authorization.k8s.io",
          "autoscaling",
          "batch",
          "certificates.k8s.io",
          "coordination.k8s.io",
          "discovery.k8s.io",
          "events.k8s.io",
          "extensions",
          "flowcontrol.apiserver.k8s.io",
          "internal.apiserver.k8s.io",
          "networking.k8s.io",
          "node.k8s.io",
          "policy",
          "rbac.authorization.k8s.io",
          "resource.k8s.io",
          "scheduling.k8s.io",
          "storage.k8s.io",
          "storagemigration.k8s.io");

  /**
   * The groups of Flux, Argo CD, Fleet and Carvel, which apply users' manifests and know no engine.
   */
  private static final Pattern GITOPS =
      Pattern.compile(
          "(kustomize|helm|source|source-watcher|notification|image-automation|image-reflector|application|kapp)-controller"
              + "|helm-operator|(flux|fleet).*|argo-?cd.*controller");

  private Operators() {}

  /** Returns the API groups of Kubernetes itself; the empty one is the core group. */
  public static Set<String> builtInGroups() {
    return BUILT_IN;
  }

  /** Returns whether an API group is not part of Kubernetes itself. */
  public static boolean isForeign(String group) {
    return !BUILT_IN.contains(group);
  }

  /**
   * Returns the operator that manages an object, for messages; empty if none is known.
   *
   * <p>An owner counts with {@code controller: true} and without, because operators built with
   * Ansible do not set it.
   */
  public static Optional<Operator> of(JsonNode metadata) {
    return owner(metadata)
        .map(title -> new Operator(title, true))
        .or(() -> byLabels(metadata.path("labels")).map(title -> new Operator(title, false)));
  }

  private static Optional<String> owner(JsonNode metadata) {
    for (JsonNode owner : metadata.path("ownerReferences")) {
      if (isForeign(Kind.groupOf(owner.path("apiVersion").asText()))) {
        return Optional.of(
            "%s %s".formatted(owner.path("kind").asText(), owner.path("name").asText()));
      }
    }
    return Optional.empty();
  }

  /** Returns the operator that marks an object by its labels. */
  public static Optional<String> byLabels(JsonNode labels) {
    if (labels.isEmpty()) {
      return Optional.empty();
    }
    return OperatorSign.among(labels)
        .or(
            () ->
                Optional.of(labels.path(MANAGED_BY).asText(""))
                    .filter(Operators::isOperator)
                    .map(manager -> "an operator (label %s: %s)".formatted(MANAGED_BY, manager)));
  }

  private static boolean isOperator(String manager) {
    String name = manager.toLowerCase(Locale.ROOT);
    boolean seems =
        name.contains("operator") || name.endsWith("controller") || name.equals("cloudnative-pg");
    return seems && !GITOPS.matcher(name).matches();
  }
}
