package io.rwopguard.cli.lint;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.ManifestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out which kustomizations below a folder are to be rendered, and which files are only parts
 * of one. A kustomization that another one names is a part of that; a component cannot be rendered
 * alone. What no kustomization names is a manifest like any other.
 *
 * <p>The names of the files are kustomize's ({@code api/konfig/general.go},
 * RecognizedKustomizationFileNames).
 */
final class Kustomizations {

  private static final List<String> NAMES =
      List.of("kustomization.yaml", "kustomization.yml", "Kustomization");
  private static final String GROUP = "kustomize.config.k8s.io/";

  /** The fields whose texts name folders that are kustomizations, or files. */
  private static final Set<String> OF_FOLDERS =
      Set.of("resources", "bases", "components", "generators", "transformers", "validators");

  /** The fields whose texts name files. */
  private static final Set<String> OF_FILES =
      Set.of(
          "patches",
          "patchesStrategicMerge",
          "path",
          "configurations",
          "crds",
          "files",
          "envs",
          "env",
          "valuesFile",
          "additionalValuesFiles");

  /**
   * What makes a folder a kustomization.
   *
   * @param file that says so
   */
  private record Kustomization(Path file, JsonNode json) {}

  /** By folder. */
  private final Map<Path, Kustomization> all = new HashMap<>();

  private final Set<Path> parts = new HashSet<>();

  /** Flux has a kind of the same name, which is a manifest like any other. */
  private static Optional<Kustomization> in(Path folder) {
    return NAMES.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .flatMap(file -> read(file).map(json -> new Kustomization(file, json)).stream())
        .findFirst();
  }

  private static Optional<JsonNode> read(Path file) {
    ManifestReader reader = new ManifestReader();
    try {
      reader.read(file.toString(), Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
    return reader.manifests().stream()
        .findFirst()
        .map(Manifest::json)
        .map(JsonNode.class::cast)
        .filter(
            json -> !json.has("apiVersion") || json.path("apiVersion").asText().startsWith(GROUP));
  }

  /** Takes up the kustomization of a folder, if it is one. */
  void add(Path folder) {
    in(folder)
        .ifPresent(
            kustomization -> {
              all.put(normal(folder), kustomization);
              parts.add(normal(kustomization.file()));
              addParts(folder, "", kustomization.json());
            });
  }

  /** A name, an image or a namespace may be the name of a folder, too, and says nothing of it. */
  private void addParts(Path folder, String field, JsonNode json) {
    if (json.isTextual() && (OF_FOLDERS.contains(field) || OF_FILES.contains(field))) {
      resolved(folder, json.asText())
          .filter(each -> OF_FOLDERS.contains(field) || Files.isRegularFile(each))
          .ifPresent(parts::add);
    }
    if (json.isArray()) {
      json.forEach(each -> addParts(folder, field, each));
    }
    json.properties().forEach(each -> addParts(folder, each.getKey(), each.getValue()));
  }

  private static Optional<Path> resolved(Path folder, String name) {
    // a name that is given to the content goes before the file: index.html=web/index.html
    String file = name.substring(name.indexOf('=') + 1);
    try {
      return Optional.of(file)
          .filter(each -> !each.isBlank() && !each.contains("\n"))
          .map(folder::resolve)
          .filter(Files::exists)
          .map(Kustomizations::normal)
          .filter(each -> !each.equals(normal(folder)));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the file by which a folder is rendered: of a kustomization that is part of no other.
   */
  Optional<Path> renderedBy(Path folder) {
    return alone(folder).filter(each -> !isComponent(each)).map(Kustomization::file);
  }

  /** Returns the file of a component that no kustomization uses, so that nothing renders it. */
  Optional<Path> unusedComponent(Path folder) {
    return alone(folder).filter(Kustomizations::isComponent).map(Kustomization::file);
  }

  boolean isKustomization(Path folder) {
    return all.containsKey(normal(folder));
  }

  /** Tells whether a file has a name that kustomize looks for. */
  static boolean isNamed(Path file) {
    return NAMES.contains(file.getFileName().toString());
  }

  private Optional<Kustomization> alone(Path folder) {
    return Optional.ofNullable(all.get(normal(folder)))
        .filter(each -> !parts.contains(normal(folder)));
  }

  private static boolean isComponent(Kustomization kustomization) {
    return kustomization.json().path("kind").asText().equals("Component");
  }

  /** Tells whether a file is a part of a kustomization, and so no manifest that is applied. */
  boolean isPart(Path file) {
    return parts.contains(normal(file));
  }

  /** A folder may be named by a link to it. */
  private static Path normal(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }
}
