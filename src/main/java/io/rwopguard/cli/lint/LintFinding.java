package io.rwopguard.cli.lint;

import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.Place;
import io.rwopguard.rules.Finding;

/** What a rule found in a manifest, and where in its file. */
public record LintFinding(Manifest manifest, Place place, Finding finding) {

  /** The object, as people call it. */
  String object() {
    var metadata = manifest.json().path("metadata");
    String namespace = metadata.path("namespace").asText("");
    String name =
        metadata.path("name").asText(metadata.path("generateName").asText("without name"));
    return manifest.json().path("kind").asText()
        + " "
        + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}
