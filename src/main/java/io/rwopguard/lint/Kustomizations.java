package io.rwopguard.lint;

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
 * Determines which kustomizations below a folder to render, and which files are only parts of one.
 * A kustomization that another one names is a part of that. A component cannot be rendered alone. A
 * file that no kustomization names is an ordinary manifest.
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
   * The kustomization of a folder.
   *
   * @param file the file that defines it
   */
  private record Kustomization(Path file, JsonNode json) {}

  /** The kustomizations by folder. */
  private final Map<Path, Kustomization> all = new HashMap<>();

  private final Set<Path> parts = new HashSet<>();

  /**
   * Returns the kustomization of a folder. Flux has a kind of the same name, which is an ordinary
   * manifest.
   */
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

  /** Adds the kustomization of a folder, if it is one. */
  void add(Path folder) {
    in(folder)
        .ifPresent(
            kustomization -> {
              all.put(normal(folder), kustomization);
              parts.add(normal(kustomization.file()));
              addParts(folder, "", kustomization.json());
            });
  }

  /**
   * Adds the files and folders that a field names. A name, an image or a namespace may equal the
   * name of a folder by chance.
   */
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
    // a name for the content may precede the file: index.html=web/index.html
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

  /** Returns the file by which a folder is rendered, if its kustomization is part of no other. */
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

  /** Returns whether a file has a name that kustomize recognizes. */
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

  /** Returns whether a file is a part of a kustomization, and so no manifest to apply. */
  boolean isPart(Path file) {
    return parts.contains(normal(file));
  }

  /** Returns the real path, because a link may name a folder. */
  private static Path normal(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }
}
