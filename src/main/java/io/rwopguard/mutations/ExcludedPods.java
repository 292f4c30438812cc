package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.model.Controller;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.PodAnnotations;
import java.util.Optional;
import java.util.Set;

/**
 * Recognizes the Pods that rwop-guard leaves unchanged. These are an operator's Pods, since it
 * knows its engine and compares actual and desired state, and the copies that an engineer creates
 * for debugging.
 */
final class ExcludedPods {

  /**
   * The namespace label that also enables mutations of operators' Pods, by the value {@code
   * enabled}.
   */
  static final String LABEL = "rwop-guard.io/mutate-operators";

  /** The names of kubectl's binary, including its name as a plugin of krew. */
  private static final Set<String> DEBUGGERS = Set.of("kubectl", "kubectl-debug", "oc");

  private ExcludedPods() {}

  /** Returns whether an operator manages a Pod or any of its owners. */
  static boolean isOperators(
      ObjectFacts pod, PodAnnotations annotations, Inventory inventory, PatchBuilder draft) {
    if (annotations.asksForMutation() || namespaceAsks(pod.namespace(), inventory)) {
      return false;
    }
    if (pod.operator().isPresent()) {
      return true;
    }
    Optional<Controller> controller = pod.controller();
    for (int i = 0; i < LookupRequest.GENERATIONS && controller.isPresent(); i++) {
      Controller owner = controller.get();
      if (owner.kind().isEmpty()) {
        return true;
      }
      Lookup<ClaimConsumer> found =
          inventory.claimUser(new ObjectKey(owner.kind().get(), pod.namespace(), owner.name()));
      if (found instanceof Lookup.Unknown) {
        draft.warn(
            "%s could not be looked up, so nothing was set: an operator may manage it"
                .formatted(owner));
        return true;
      }
      if (found.value().flatMap(ClaimConsumer::operator).isPresent()) {
        return true;
      }
      controller = found.value().flatMap(ClaimConsumer::controller);
    }
    return false;
  }

  private static boolean namespaceAsks(String namespace, Inventory inventory) {
    return inventory
        .namespace(namespace)
        .value()
        .map(Namespace::labels)
        .map(labels -> "enabled".equals(labels.get(LABEL)))
        .orElse(false);
  }

  /**
   * Returns whether a Pod is a copy that {@code kubectl debug --copy-to} creates. Such a copy has
   * no probes on purpose, so that nothing kills its shell.
   *
   * <p>Only its field manager identifies such a copy. Of all kubectl commands that create a Pod,
   * {@code debug} alone sets no field manager, and the API server uses the name of the binary. A
   * server-side apply has the same name, but another operation.
   */
  static boolean isDebugCopy(ObjectFacts pod, JsonNode json) {
    if (pod.hasController()) {
      return false;
    }
    for (JsonNode manager : json.path("metadata").path("managedFields")) {
      if (manager.path("operation").asText().equals("Update")
          && DEBUGGERS.contains(manager.path("manager").asText())) {
        return true;
      }
    }
    return false;
  }
}
