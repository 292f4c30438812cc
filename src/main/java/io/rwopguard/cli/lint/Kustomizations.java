package io.rwopguard.cli.lint;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.ManifestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

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

  /** By folder. */
  private final Map<Path, JsonNode> all = new TreeMap<>();

  private final Set<Path> parts = new HashSet<>();

  /** Returns the file that makes a folder a kustomization; Flux has a kind of the same name. */
  static Optional<Path> in(Path folder) {
    return NAMES.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .filter(file -> read(file).isPresent())
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
            file -> {
              JsonNode json = read(file).orElseThrow();
              all.put(normal(folder), json);
              parts.add(normal(file));
              addParts(folder, json);
            });
  }

  /** Whatever text in a kustomization names a file or folder that is there makes it a part. */
  private void addParts(Path folder, JsonNode json) {
    if (json.isTextual()) {
      resolved(folder, json.asText()).ifPresent(parts::add);
    }
    json.forEach(each -> addParts(folder, each));
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

  /** Tells whether a folder is one that is rendered: a kustomization and part of no other. */
  boolean isRendered(Path folder) {
    JsonNode json = all.get(normal(folder));
    return json != null
        && !json.path("kind").asText().equals("Component")
        && !parts.contains(normal(folder));
  }

  /** Tells whether a file is a part of a kustomization, and no manifest by its own. */
  boolean isPart(Path file) {
    return parts.contains(normal(file));
  }

  private static Path normal(Path path) {
    return path.toAbsolutePath().normalize();
  }
}
