package io.rwopguard.lint;

import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.Place;
import io.rwopguard.model.KubeObject;
import io.rwopguard.rules.Finding;

/** A finding in a manifest, with its place in the file. */
public record LintFinding(Manifest manifest, Place place, Finding finding) {

  /** Returns the object's name for messages. */
  String object() {
    var metadata = KubeObject.of(manifest.json()).metadata();
    String namespace = metadata.path("namespace").asText("");
    String name =
        metadata.path("name").asText(metadata.path("generateName").asText("without name"));
    return manifest.json().path("kind").asText()
        + " "
        + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}
