package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/** Writes the texts that change the access mode of migrated claims in git. */
public final class GitPatch {

  /** The annotation that a provisioner sets on its volumes, which are in no repository. */
  private static final String PROVISIONED = "pv.kubernetes.io/provisioned-by";

  private GitPatch() {}

  /**
   * Writes the patches of a unit, and a hint for Helm if a release contains a part of it.
   *
   * @param workload the unit's workload, if it exists
   * @param modes the access modes that the claims are to have
   */
  public static String of(MigrationScope unit, Optional<JsonNode> workload, List<String> modes) {
    StringBuilder text = new StringBuilder(kustomize(unit, workload, modes));
    new TreeSet<>(releases(unit, workload))
        .forEach(release -> text.append('\n').append(helm(release, modes)));
    return text.toString();
  }

  private static List<String> releases(MigrationScope unit, Optional<JsonNode> workload) {
    List<JsonNode> objects = new ArrayList<>();
    workload.ifPresent(objects::add);
    for (BoundClaim part : unit.claims()) {
      part.claim().ifPresent(objects::add);
      objects.add(part.volume());
    }
    return objects.stream()
        .flatMap(object -> HelmRelease.of(object).stream())
        .map(HelmRelease::toString)
        .toList();
  }

  /** Writes patches for a kustomization.yaml: of a claim template by index, of all else by name. */
  static String kustomize(MigrationScope unit, Optional<JsonNode> workload, List<String> modes) {
    StringBuilder text = new StringBuilder("# kustomization.yaml\npatches:\n");
    OptionalInt index =
        unit.template().isEmpty()
            ? OptionalInt.empty()
            : workload.map(set -> indexOf(unit.template(), set)).orElse(OptionalInt.empty());
    index.ifPresent(
        place ->
            text.append(
                json(
                    "group: apps, version: v1, kind: StatefulSet",
                    unit.workload().orElseThrow().name(),
                    "/spec/volumeClaimTemplates/%d/spec/accessModes".formatted(place),
                    modes)));
    for (BoundClaim part : unit.claims()) {
      if (unit.template().isEmpty()) {
        text.append(merge("PersistentVolumeClaim", part.key().name(), modes));
      }
      if (!KubeObject.of(part.volume()).annotations().has(PROVISIONED)) {
        text.append(merge("PersistentVolume", part.volumeName(), modes));
      }
    }
    return text.toString();
  }

  private static OptionalInt indexOf(String template, JsonNode set) {
    JsonNode templates = KubeObject.of(set).spec().path("volumeClaimTemplates");
    for (int i = 0; i < templates.size(); i++) {
      if (MigrationContext.nameOf(templates.get(i)).equals(template)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** Writes a JSON 6902 patch: a strategic merge would replace the list of claim templates. */
  private static String json(String kind, String name, String path, List<String> modes) {
    return """
          - target: {%s, name: "%s"}
            patch: |-
              - op: replace
                path: %s
                value: %s
        """
        .formatted(kind, name, path, modes);
  }

  private static String merge(String kind, String name, List<String> modes) {
    return """
          - target: {version: v1, kind: %1$s, name: "%2$s"}
            patch: |-
              apiVersion: v1
              kind: %1$s
              metadata: {name: "%2$s"}
              spec: {accessModes: %3$s}
        """
        .formatted(kind, name, modes);
  }

  /**
   * Writes a hint for the values of a chart. Each chart has its own key, which {@code helm show
   * values} prints.
   *
   * @param release the release, in words
   */
  static String helm(String release, List<String> modes) {
    return """
        # values.yaml of %1$s: the key depends on the chart; helm show values CHART prints it.
        # Common keys:
        persistence:
          accessModes: %2$s      # most charts; below primary: or master: where a chart has those
          # accessMode: %3$s   # charts with a single mode
        # volumeClaimTemplate: {accessModes: %2$s}        # Elasticsearch
        # server: {persistentVolume: {accessModes: %2$s}} # Prometheus
        # A chart that has no such key needs a post-renderer with the patch above.
        """
        .formatted(release, modes, modes.get(0));
  }
}
