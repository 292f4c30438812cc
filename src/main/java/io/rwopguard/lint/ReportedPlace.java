package io.rwopguard.lint;

import io.rwopguard.manifests.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The place that code hosting shows for a finding. Rendered output is no file of the repository, so
 * the place is then its template, or the file that defines it.
 */
record ReportedPlace(String source, Place place) {

  static ReportedPlace of(LintFinding finding, Map<String, Path> rendered) {
    Path file = rendered.get(finding.manifest().source());
    if (file == null) {
      return new ReportedPlace(finding.manifest().source(), finding.place());
    }
    // the chart's name, which may differ from its folder's, precedes the path in the chart
    Optional<Path> template =
        finding
            .manifest()
            .template()
            .map(name -> file.resolveSibling(name.substring(name.indexOf('/') + 1)))
            .filter(Files::isRegularFile);
    return new ReportedPlace(template.orElse(file).toString(), Place.BEGINNING);
  }

  /**
   * Returns the path from the current folder, as code hosting compares it with the files of a
   * change: without {@code ./} at its start, and not absolute.
   */
  String path() {
    if (source.startsWith("<")) {
      return source.replace("<", "").replace(">", "");
    }
    Path here = Path.of("").toAbsolutePath();
    Path path = here.resolve(source).normalize();
    return (path.startsWith(here) ? here.relativize(path) : path).toString().replace('\\', '/');
  }
}
