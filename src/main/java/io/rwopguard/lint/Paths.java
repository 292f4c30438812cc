package io.rwopguard.lint;

import io.rwopguard.manifests.ManifestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Determines the purpose of files by their names, or else by their contents. */
final class Paths {

  /** The files that may represent a chart on the command line. */
  private static final Set<String> OF_A_CHART = Set.of("Chart.yaml", "values.yaml");

  private static final Set<String> PARTS_OF_A_CHART = Set.of("templates", "charts", "crds");

  private Paths() {}

  /** Returns whether a file in a chart's folder represents the chart. */
  static boolean standsForChart(Path file) {
    return Files.isRegularFile(file)
        && OF_A_CHART.contains(file.getFileName().toString())
        && Renderer.isChart(folderOf(file));
  }

  /** Returns whether a file has a name that kustomize recognizes. */
  static boolean standsForKustomization(Path file) {
    return Files.isRegularFile(file) && Kustomizations.isNamed(file);
  }

  static Path folderOf(Path file) {
    return file.resolveSibling("");
  }

  /** Returns whether a path is a folder and no link, which might lead to a loop. */
  static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns whether a folder may contain manifests: only helm reads some parts of a chart. */
  static boolean mayBeRead(Path folder) {
    return !(PARTS_OF_A_CHART.contains(folder.getFileName().toString())
        && Renderer.isChart(folderOf(folder)));
  }

  /** Returns whether a file contains only Kubernetes objects; in a chart it may be anything. */
  static boolean holdsObjects(Path file) {
    ManifestReader trial = new ManifestReader();
    try {
      trial.read(file.toString(), Files.readString(file));
    } catch (IOException e) {
      return false;
    }
    return trial.unreadable().isEmpty()
        && trial.manifests().stream()
            .allMatch(each -> each.json().has("apiVersion") && each.json().has("kind"));
  }

  static boolean isManifest(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file)
        && (name.endsWith(".yaml")
            || name.endsWith(".yml")
            || name.endsWith(".json")
            || Kustomizations.isNamed(file));
  }

  static boolean isPackedChart(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".tgz") || name.endsWith(".tar.gz");
  }
}
