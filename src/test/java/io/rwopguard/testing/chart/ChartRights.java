package io.rwopguard.testing.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

/** The rights that rendered Roles and their bindings give to a ServiceAccount. */
public final class ChartRights {

  private static final Set<String> READS = Set.of("get", "list", "watch");

  /**
   * A rule's verbs on one kind of object, or on one path that is no object.
   *
   * @param namespace empty for the whole cluster
   * @param names the objects' names; empty for any
   */
  public record Right(String resource, List<String> verbs, String namespace, List<String> names) {

    public boolean writes() {
      return !READS.containsAll(verbs);
    }

    /** Returns whether this only asks the API server who a user is, or what a user may do. */
    public boolean asks() {
      return verbs.equals(List.of("create"))
          && Set.of(
                  "tokenreviews.authentication.k8s.io", "subjectaccessreviews.authorization.k8s.io")
              .contains(resource);
    }

    /** Returns whether this changes objects that exist, and not only creates them. */
    public boolean changes() {
      return verbs.stream().anyMatch(Set.of("update", "patch", "delete")::contains);
    }

    /** Returns whether this lets every object be read that the other one is about. */
    public boolean reads(Right other) {
      return verbs.contains("get")
          && resource.equals(other.resource().replaceFirst("/.*", ""))
          && (namespace.isEmpty() || namespace.equals(other.namespace()))
          && (names.isEmpty() || (!other.names().isEmpty() && names.containsAll(other.names())));
    }

    /** Returns the right as README.md lists it. */
    @Override
    public String toString() {
      return "`%s` | %s".formatted(resource, String.join(", ", verbs));
    }
  }

  private ChartRights() {}

  /** The rights of an account, one after the other. */
  public static List<Right> of(List<ObjectNode> manifests, String account) {
    List<Right> rights = new ArrayList<>();
    for (ObjectNode binding : manifests) {
      if (binding.path("kind").asText().endsWith("RoleBinding") && isFor(binding, account)) {
        JsonNode role = role(manifests, binding);
        String namespace = binding.at("/metadata/namespace").asText("");
        role.path("rules").forEach(rule -> add(rights, rule, namespace));
      }
    }
    return rights;
  }

  private static boolean isFor(JsonNode binding, String account) {
    return StreamSupport.stream(binding.path("subjects").spliterator(), false)
        .anyMatch(subject -> subject.path("name").asText().equals(account));
  }

  private static JsonNode role(List<ObjectNode> manifests, JsonNode binding) {
    return manifests.stream()
        .filter(each -> each.path("kind").equals(binding.at("/roleRef/kind")))
        .filter(each -> each.at("/metadata/name").equals(binding.at("/roleRef/name")))
        .filter(each -> each.at("/metadata/namespace").equals(binding.at("/metadata/namespace")))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no role for " + binding));
  }

  private static void add(List<Right> rights, JsonNode rule, String namespace) {
    for (String path : texts(rule.path("nonResourceURLs"))) {
      rights.add(new Right(path, texts(rule.path("verbs")), namespace, List.of()));
    }
    String group = rule.at("/apiGroups/0").asText();
    for (String resource : texts(rule.path("resources"))) {
      rights.add(
          new Right(
              named(resource, group),
              texts(rule.path("verbs")),
              namespace,
              texts(rule.path("resourceNames"))));
    }
  }

  /** RESOURCE.GROUP/SUBRESOURCE. */
  public static String named(String resource, String group) {
    String[] parts = resource.split("/", 2);
    String suffix = group.isEmpty() ? "" : "." + group;
    return parts[0] + suffix + (parts.length > 1 ? "/" + parts[1] : "");
  }

  /** All ServiceAccounts. */
  public static Set<String> accounts(List<ObjectNode> manifests) {
    Set<String> accounts = new TreeSet<>();
    manifests.stream()
        .filter(each -> each.path("kind").asText().equals("ServiceAccount"))
        .forEach(each -> accounts.add(each.at("/metadata/name").asText()));
    return accounts;
  }

  public static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }
}
