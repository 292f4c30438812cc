package io.rwopguard.lint;

import io.rwopguard.lint.Renderer.Rendering;
import io.rwopguard.manifests.ManifestReader;
import io.rwopguard.manifests.Place;
import io.rwopguard.manifests.Unreadable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reads the sources on the command line: files, folders with all below them, standard input. On
 * request it renders folders that are charts or kustomizations.
 */
final class Sources {

  static final String STANDARD_INPUT = "-";
  private static final String STANDARD_INPUT_NAME = "<stdin>";
  private static final String UNUSED =
      "no kustomization here uses this component, so it was not evaluated; name a folder with one that does";

  private final ManifestReader reader;
  private final Optional<Renderer> renderer;
  private final Kustomizations kustomizations = new Kustomizations();
  private final Map<String, List<String>> lines = new HashMap<>();
  private final Map<String, Path> rendered = new HashMap<>();
  private final Set<Path> taken = new HashSet<>();
  private final List<Unreadable> skipped = new ArrayList<>();
  private boolean hasCharts;

  Sources(ManifestReader reader, Optional<Renderer> renderer) {
    this.reader = reader;
    this.renderer = renderer;
  }

  /** Returns the lines of a source, to quote them. */
  List<String> linesOf(String source) {
    return lines.getOrDefault(source, List.of());
  }

  /** Returns the defining file of each rendered source. */
  Map<String, Path> rendered() {
    return Map.copyOf(rendered);
  }

  /** Returns the correct files that were omitted. */
  List<Unreadable> skipped() {
    return List.copyOf(skipped);
  }

  /** Returns whether there was a chart that takes values. */
  boolean hasCharts() {
    return hasCharts;
  }

  int files() {
    return lines.size();
  }

  /**
   * Reads all sources. A part of a kustomization is read only once, even if it is named as well.
   */
  void read(List<String> names, InputStream standardInput) {
    if (renderer.isPresent()) {
      names.stream()
          .filter(name -> !name.equals(STANDARD_INPUT))
          .map(Path::of)
          .map(path -> Paths.standsForKustomization(path) ? Paths.folderOf(path) : path)
          .filter(Files::isDirectory)
          .forEach(this::find);
    }
    names.forEach(name -> read(name, standardInput));
  }

  private void read(String name, InputStream standardInput) {
    if (name.equals(STANDARD_INPUT)) {
      try {
        take(STANDARD_INPUT_NAME, new String(standardInput.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        reader.failed(STANDARD_INPUT_NAME, "cannot be read: " + e.getMessage());
      }
      return;
    }
    Path path = Path.of(name);
    if (Files.isDirectory(path)) {
      folder(path, false);
    } else if (Paths.isPackedChart(path)) {
      packedChart(path);
    } else if (!standsForItsFolder(path)) {
      file(path);
    }
  }

  /**
   * Renders the chart or kustomization that a file represents, since the file is no manifest to
   * apply.
   */
  private boolean standsForItsFolder(Path file) {
    Path folder = Paths.folderOf(file);
    if (renderer.isPresent() && Paths.standsForChart(file)) {
      chart(folder);
      return true;
    }
    if (Paths.standsForKustomization(file) && kustomizations.isKustomization(folder)) {
      kustomization(folder);
      return true;
    }
    return false;
  }

  private void find(Path folder) {
    kustomizations.add(folder);
    try (Stream<Path> below = Files.list(folder)) {
      below.filter(Paths::isFolder).filter(Paths::mayBeRead).forEach(this::find);
    } catch (IOException | UncheckedIOException e) {
      // the later read of its files reports it
      return;
    }
  }

  private void chart(Path folder) {
    hasCharts = true;
    if (!Renderer.isLibrary(folder)) {
      take(folder, folder.resolve("Chart.yaml"), () -> renderer.get().chart(folder));
    }
  }

  private void kustomization(Path folder) {
    kustomizations
        .renderedBy(folder)
        .ifPresent(file -> take(folder, file, () -> renderer.get().kustomization(folder)));
    kustomizations
        .unusedComponent(folder)
        .ifPresent(file -> skipped.add(new Unreadable(file.toString(), Place.BEGINNING, UNUSED)));
  }

  /**
   * Reads a folder with all below it.
   *
   * @param inChart whether it is in a chart, where a file may be anything
   */
  private void folder(Path folder, boolean inChart) {
    boolean isChart = renderer.isPresent() && Renderer.isChart(folder);
    if (isChart) {
      chart(folder);
    }
    kustomization(folder);
    List<Path> all;
    try (Stream<Path> below = Files.list(folder)) {
      all = below.sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      // a folder that cannot be listed must not hide the others
      reader.failed(
          folder.toString(), "cannot be listed: check its permissions, and run the command again");
      return;
    }
    for (Path each : all) {
      if (Paths.isFolder(each)) {
        if (!isChart || Paths.mayBeRead(each)) {
          folder(each, isChart || inChart);
        }
      } else if (Paths.isManifest(each)
          && !kustomizations.isPart(each)
          && (!(isChart || inChart) || Paths.holdsObjects(each))) {
        file(each);
      }
    }
  }

  private void packedChart(Path file) {
    hasCharts = true;
    if (renderer.isPresent()) {
      take(file, file, () -> renderer.get().chart(file));
    } else {
      reader.failed(file.toString(), "a packed chart has to be rendered: remove --no-render");
    }
  }

  private void take(Path what, Path file, Supplier<Rendering> renderer) {
    if (!taken.add(file.toAbsolutePath().normalize())) {
      return;
    }
    Rendering rendering = renderer.get();
    if (rendering.text().isEmpty()) {
      reader.failed(file.toString(), rendering.problem());
      return;
    }
    String source = "%s (%s)".formatted(what, rendering.command());
    rendered.put(source, file);
    take(source, rendering.text().get());
  }

  private void file(Path file) {
    // a file that is named twice is applied once
    if (!taken.add(file.toAbsolutePath().normalize())) {
      return;
    }
    try {
      take(file.toString(), Files.readString(file));
    } catch (CharacterCodingException e) {
      reader.failed(file.toString(), "not UTF-8 text: save it in this encoding");
    } catch (IOException e) {
      reader.failed(
          file.toString(),
          Files.exists(file)
              ? "cannot be read: check its permissions"
              : "this file does not exist");
    }
  }

  private void take(String source, String text) {
    lines.put(source, text.lines().toList());
    reader.read(source, text);
  }
}
