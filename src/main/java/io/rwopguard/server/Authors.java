package io.rwopguard.server;

import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.rules.Author;
import io.rwopguard.rules.Exemption;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells controllers from other users by their names in {@code userInfo} of a request, which the API
 * server has authenticated.
 *
 * <p>The chart's ValidatingAdmissionPolicies and the conditions of webhooks with {@code Fail}
 * decide in the same way: {@code rwop-guard.byController} in {@code _authors.tpl}.
 */
@Singleton
final class Authors {

  private static final String ACCOUNT = "system:serviceaccount:";

  /**
   * The controllers of Kubernetes: with one credential for all of them, or with a ServiceAccount
   * for each, which is the default of kubeadm and of the managed services. Only the kubelet writes
   * the mirror Pods that a node owns.
   */
  private static final Pattern OF_KUBERNETES =
      Pattern.compile(
          "(?s)system:kube-controller-manager|system:serviceaccount:kube-system:.+|system:node:.+");

  /**
   * The ServiceAccounts of GitOps engines, dashboards and pipelines by the names in their
   * manifests. They apply what users have written.
   */
  private static final Pattern APPLIERS =
      Pattern.compile(
          "(?s)system:serviceaccount:[^:]+:(.*argo-?cd.*|(kustomize|helm|kapp)-controller.*"
              + "|(flux|fleet)(-.*)?|(root|ns)-reconciler.*|klusterlet-work.*"
              + "|provider-(kubernetes|helm)-.*|.*(dashboard|gitlab|jenkins|runner).*)");

  /** Operators whose names contain that of such a program, or that are named after one. */
  private static final Pattern OPERATORS =
      Pattern.compile(
          "(?s).*(operator|controller-manager|gitlab-manager|actions-runner-controller).*");

  private final List<Pattern> users;
  private final boolean otherNamespaces;

  Authors(RwopGuardConfig config) {
    this.users =
        config.controllers().users().orElse(Set.of()).stream()
            .map(String::strip)
            .map(Exemption::pattern)
            .toList();
    this.otherNamespaces = config.controllers().otherNamespaces();
  }

  /**
   * Returns the kind of the user that writes an object.
   *
   * @param user the name in the request; empty if it has none
   */
  Author of(String user, ObjectFacts object) {
    if (OF_KUBERNETES.matcher(user).matches()) {
      return Author.KUBERNETES;
    }
    return isListed(user) || isElsewhere(user, object.namespace()) || makesPod(user, object)
        ? Author.OPERATOR
        : Author.USER;
  }

  private boolean isListed(String user) {
    return users.stream().anyMatch(each -> each.matcher(user).matches());
  }

  /** Returns whether an account is not one that the users of the object's namespace can act as. */
  private boolean isElsewhere(String user, String namespace) {
    return otherNamespaces
        && !namespace.isEmpty()
        && user.startsWith(ACCOUNT)
        && !user.startsWith(ACCOUNT + namespace + ":")
        && (!APPLIERS.matcher(user).matches() || OPERATORS.matcher(user).matches());
  }

  /**
   * Returns whether a ServiceAccount creates a Pod, which operators also do in their own
   * namespaces. No one sees a refusal of a Pod that has to be created again after a failure, and no
   * single Pod has more than one writer.
   */
  private static boolean makesPod(String user, ObjectFacts object) {
    return object.kind() == Kind.POD && user.startsWith(ACCOUNT);
  }

  /**
   * Returns a hint for a ServiceAccount whose object is refused in spite of its owner, because it
   * may be an operator's; empty for other users.
   */
  static Optional<String> hint(String user) {
    return Optional.of(user)
        .filter(name -> name.startsWith(ACCOUNT))
        .map(
            name ->
                "The owners and labels of this object do not count, because %s is not known as a controller. If it is an operator's, add it to the setting rwop-guard.controllers.users."
                    .formatted(name));
  }
}
