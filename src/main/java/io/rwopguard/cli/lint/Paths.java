package io.rwopguard.cli.lint;

import io.rwopguard.manifests.ManifestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Tells by their names, and where these do not suffice by their contents, what files are for. */
final class Paths {

  /** The files by which a chart may be named. */
  private static final Set<String> OF_A_CHART = Set.of("Chart.yaml", "values.yaml");

  private static final Set<String> PARTS_OF_A_CHART = Set.of("templates", "charts", "crds");

  private Paths() {}

  /** Tells whether a file in a chart's folder stands for the chart. */
  static boolean standsForChart(Path file) {
    return Files.isRegularFile(file)
        && OF_A_CHART.contains(file.getFileName().toString())
        && Renderer.isChart(folderOf(file));
  }

  /** Tells whether a file has a name that kustomize looks for. */
  static boolean standsForKustomization(Path file) {
    return Files.isRegularFile(file) && Kustomizations.isNamed(file);
  }

  static Path folderOf(Path file) {
    return file.resolveSibling("");
  }

  /** Links to folders are not followed: they may lead back. */
  static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Tells whether a folder is no part of a chart that only helm reads. */
  static boolean mayBeRead(Path folder) {
    return !(PARTS_OF_A_CHART.contains(folder.getFileName().toString())
        && Renderer.isChart(folderOf(folder)));
  }

  /** Tells whether all of a file are Kubernetes objects: in a chart it may be anything. */
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
