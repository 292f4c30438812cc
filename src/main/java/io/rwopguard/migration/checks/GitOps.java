package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the GitOps tools that manage the workload, claims and volumes from git. A tool's own mark
 * or its entry in {@code managedFields} is enough evidence to refuse. The label {@code
 * app.kubernetes.io/instance} is not: Argo CD used it for tracking until 3.0, but charts set it as
 * well. If no Helm release explains the label, an unknown author is a reason to refuse. A known
 * author only causes a note.
 */
final class GitOps {

  private static final String ARGO_TRACKING = "argocd.argoproj.io/tracking-id";
  private static final String ARGO_INSTALLATION = "argocd.argoproj.io/installation-id";
  private static final String ARGO_LABEL = "argocd.argoproj.io/instance";
  private static final String FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io";
  private static final String FLUX_HELM = "helm.toolkit.fluxcd.io";
  private static final String INSTANCE = "app.kubernetes.io/instance";

  private static final String ARGO = "Argo CD";
  private static final String FLUX = "Flux";

  /**
   * A mark that was found on an object.
   *
   * @param evidence the mark, in words
   * @param pause how to pause the tool
   * @param certain whether the tool is known to manage the object
   */
  record Mark(String tool, String evidence, String pause, boolean certain) {}

  private final MigrationScope unit;
  private final MigrationContext around;

  GitOps(MigrationScope unit, MigrationContext around) {
    this.unit = unit;
    this.around = around;
  }

  /** Lists the objects that a tool would change back during a migration. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    unit.workload()
        .ifPresent(
            key ->
                around
                    .workload(unit)
                    .flatMap(object -> mark(key.kind(), object))
                    .filter(Mark::certain)
                    .ifPresent(
                        mark -> problems.add(text(key.toString(), mark, "scale it back up"))));
    Set<String> seen = new TreeSet<>();
    for (BoundClaim part : unit.claims()) {
      part.claim()
          .flatMap(this::ofClaim)
          .filter(Mark::certain)
          .ifPresent(
              mark -> problems.add(text("claim " + part.key(), mark, "recreate it too early")));
      mark(Kind.PERSISTENT_VOLUME, part.volume())
          .filter(Mark::certain)
          .filter(mark -> seen.add(part.volumeName()))
          .ifPresent(
              mark ->
                  problems.add(
                      text("volume " + part.volumeName(), mark, "revert its access mode")));
    }
    return problems;
  }

  /** Lists the marks of tools, certain or not, each with what to do. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    unit.workload()
        .flatMap(
            key ->
                around
                    .workload(unit)
                    .flatMap(object -> mark(key.kind(), object))
                    .map(mark -> note(key, mark)))
        .ifPresent(notes::add);
    for (BoundClaim part : unit.claims()) {
      part.claim()
          .flatMap(this::ofClaim)
          .map(mark -> note("claim " + part.key(), mark))
          .ifPresent(notes::add);
      mark(Kind.PERSISTENT_VOLUME, part.volume())
          .map(mark -> note("volume " + part.volumeName(), mark))
          .ifPresent(notes::add);
    }
    return notes;
  }

  private static String text(String object, Mark mark, String harm) {
    return "%s is marked as managed by %s (%s), which would %s during the migration. Pause it (%s), write the new access mode to git, and then pass --gitops-is-paused."
        .formatted(object, mark.tool(), mark.evidence(), harm, mark.pause());
  }

  private static String note(Object object, Mark mark) {
    return mark.certain()
        ? "%s is managed by %s (%s). Write the new access mode to git before you resume the tool. Otherwise its next sync fails or reverts the access mode"
            .formatted(object, mark.tool(), mark.evidence())
        : "%s has %s, which Argo CD may use for tracking, although another program wrote that label. If Argo CD manages the object, %s before you run --apply"
            .formatted(object, mark.evidence(), mark.pause());
  }

  /** Returns the mark on a claim. A claim from a template has the labels of the template anyway. */
  private Optional<Mark> ofClaim(JsonNode claim) {
    return unit.template().isEmpty()
        ? mark(Kind.PERSISTENT_VOLUME_CLAIM, claim)
        : ofTool(Kind.PERSISTENT_VOLUME_CLAIM, claim);
  }

  private static Optional<Mark> mark(Kind kind, JsonNode object) {
    return ofTool(kind, object).or(() -> instance(object));
  }

  /** Returns the mark that a tool itself has left on an object. */
  private static Optional<Mark> ofTool(Kind kind, JsonNode object) {
    return argo(kind, object).or(() -> flux(object)).or(() -> writer(object));
  }

  private static Optional<Mark> argo(Kind kind, JsonNode object) {
    JsonNode metadata = KubeObject.of(object).metadata();
    for (String field : List.of("labels", "annotations")) {
      if (metadata.path(field).has(ARGO_LABEL)) {
        String app = metadata.path(field).path(ARGO_LABEL).asText();
        return Optional.of(argo("%s: %s".formatted(ARGO_LABEL, app), app));
      }
    }
    JsonNode annotations = metadata.path("annotations");
    if (annotations.has(ARGO_TRACKING)) {
      String id = annotations.path(ARGO_TRACKING).asText();
      return isOf(id, kind, object)
          ? Optional.of(argo("%s: %s".formatted(ARGO_TRACKING, id), id.replaceFirst(":.*", "")))
          : Optional.empty();
    }
    return annotations.has(ARGO_INSTALLATION)
        ? Optional.of(argo("annotation " + ARGO_INSTALLATION, ""))
        : Optional.empty();
  }

  private static Mark argo(String evidence, String application) {
    return new Mark(
        ARGO,
        evidence,
        "turn off automated sync of "
            + (application.isEmpty() ? "its Application" : "Application " + application),
        true);
  }

  /**
   * Returns whether a tracking ID, {@code APPLICATION:GROUP/KIND:NAMESPACE/NAME}, is about an
   * object. Argo CD ignores an ID that was copied from another object. For a volume, the ID may
   * name any namespace.
   */
  private static boolean isOf(String id, Kind kind, JsonNode object) {
    String[] parts = id.split(":", 3);
    if (parts.length < 3) {
      return true;
    }
    String namespace = KubeObject.of(object).namespace();
    String name = "/" + KubeObject.of(object).name();
    return parts[1].equals(kind.group() + "/" + kind.kindName())
        && (namespace.isEmpty() ? parts[2].endsWith(name) : parts[2].equals(namespace + name));
  }

  private static Optional<Mark> flux(JsonNode object) {
    JsonNode metadata = KubeObject.of(object).metadata();
    for (String field : List.of("labels", "annotations")) {
      for (String group : List.of(FLUX_KUSTOMIZE, FLUX_HELM)) {
        String name = metadata.path(field).path(group + "/name").asText("");
        if (!name.isEmpty() && !isLeftAlone(metadata, group)) {
          String namespace = metadata.path(field).path(group + "/namespace").asText("flux-system");
          return Optional.of(
              new Mark(
                  FLUX,
                  "%s/name: %s".formatted(group, name),
                  "flux suspend %s %s -n %s"
                      .formatted(
                          group.equals(FLUX_HELM) ? "helmrelease" : "kustomization",
                          name,
                          namespace),
                  true));
        }
      }
    }
    return Optional.empty();
  }

  /** Returns whether an annotation or a label of the object stops Flux from changing it. */
  private static boolean isLeftAlone(JsonNode metadata, String group) {
    return group.equals(FLUX_KUSTOMIZE)
        && (metadata.path("annotations").path(group + "/reconcile").asText().equals("disabled")
            || metadata.path("labels").path(group + "/reconcile").asText().equals("disabled"));
  }

  /** Returns a tool that has written the object without a known mark. */
  private static Optional<Mark> writer(JsonNode object) {
    for (FieldManager manager : FieldManager.of(object)) {
      Optional<Mark> mark =
          switch (manager.name()) {
            case "argocd-controller", "argocd-application-controller" ->
                Optional.of(argo("field manager " + manager.name(), ""));
            case "kustomize-controller" -> Optional.of(flux(manager, "kustomization"));
            case "helm-controller" -> Optional.of(flux(manager, "helmrelease"));
            default -> Optional.empty();
          };
      if (mark.isPresent() && !isLeftAlone(KubeObject.of(object).metadata(), FLUX_KUSTOMIZE)) {
        return mark;
      }
    }
    return Optional.empty();
  }

  private static Mark flux(FieldManager manager, String resource) {
    return new Mark(
        FLUX, "field manager " + manager.name(), "flux suspend " + resource + " NAME", true);
  }

  private static Optional<Mark> instance(JsonNode object) {
    JsonNode labels = KubeObject.of(object).labels();
    if (!labels.has(INSTANCE) || HelmRelease.of(object).isPresent()) {
      return Optional.empty();
    }
    String application = labels.path(INSTANCE).asText();
    return Optional.of(
        new Mark(
            ARGO,
            "label %s: %s".formatted(INSTANCE, application),
            "turn off automated sync of Application " + application,
            FieldManager.of(object).stream().noneMatch(each -> each.wroteLabel(INSTANCE))));
  }
}
