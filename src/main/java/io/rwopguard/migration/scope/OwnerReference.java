package io.rwopguard.migration.scope;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.Operators;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An owner that an object names, as its controller or not.
 *
 * @param group the API group; empty for the core group
 * @param uid the UID; empty if the reference has none
 */
public record OwnerReference(
    String group, String kind, String name, String uid, boolean controller) {

  /** Returns the owners that an object names. */
  public static List<OwnerReference> of(JsonNode object) {
    List<OwnerReference> owners = new ArrayList<>();
    for (JsonNode owner : KubeObject.of(object).ownerReferences()) {
      String version = owner.path("apiVersion").asText();
      owners.add(
          new OwnerReference(
              version.contains("/") ? version.substring(0, version.indexOf('/')) : "",
              owner.path("kind").asText(),
              owner.path("name").asText(),
              owner.path("uid").asText(),
              owner.path("controller").asBoolean()));
    }
    return owners;
  }

  /**
   * Returns the owner that manages a workload: its controller, or an owner of an operator's kind.
   * Operators built with Ansible do not set {@code controller}. A controller of a kind that creates
   * Pods does not count, since it is followed to the top instead.
   */
  public static Optional<OwnerReference> keeperOf(JsonNode object) {
    List<OwnerReference> owners =
        of(object).stream()
            .filter(owner -> owner.known().filter(MigrationContext.CONSUMERS::contains).isEmpty())
            .toList();
    return owners.stream()
        .filter(OwnerReference::controller)
        .findFirst()
        .or(() -> owners.stream().filter(OwnerReference::isForeign).findFirst());
  }

  /** Returns the owner's kind, if rwop-guard reads it. */
  Optional<Kind> known() {
    return Kind.of(group, kind);
  }

  /** Returns whether the owner's kind is not part of Kubernetes itself. */
  public boolean isForeign() {
    return Operators.isForeign(group);
  }

  /** Returns whether the owner is of this API group and kind. */
  public boolean is(String ofGroup, String ofKind) {
    return group.equals(ofGroup) && kind.equals(ofKind);
  }

  @Override
  public String toString() {
    return kind + " " + name;
  }
}
