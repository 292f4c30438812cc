package io.rwopguard.testing.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The SBOM of the packaged service, CycloneDX in JSON. */
public final class Sbom {

  public static final Path FILE = PackagedJars.APP.resolve("rwop-guard.cdx.json");

  private static final String OURS = "io.rwopguard";
  private static final Pattern CLASSIFIER = Pattern.compile("[?&]classifier=([^&]*)");

  private Sbom() {}

  /** A JAR of another project, with its licenses as the SBOM names them. */
  public record Component(
      String group,
      String name,
      String version,
      String classifier,
      String sha256,
      List<String> licenses) {

    /** Returns the name of its file in the packaged service. */
    public String jar() {
      String end = classifier.isEmpty() ? "" : "-" + classifier;
      return "%s.%s-%s%s.jar".formatted(group, name, version, end);
    }

    /** Returns its Maven coordinates without the version. */
    public String id() {
      return "%s:%s%s".formatted(group, name, classifier.isEmpty() ? "" : ":" + classifier);
    }
  }

  public static JsonNode read() throws IOException {
    return new JsonMapper().readTree(FILE.toFile());
  }

  /** Returns the components by the names of their files. */
  public static Map<String, Component> components() throws IOException {
    Map<String, Component> components = new TreeMap<>();
    for (JsonNode each : read().path("components")) {
      if (!each.path("group").asText().equals(OURS)) {
        Component component = component(each);
        components.put(component.jar(), component);
      }
    }
    return components;
  }

  private static Component component(JsonNode json) {
    Matcher classifier = CLASSIFIER.matcher(json.path("purl").asText());
    String sha256 = "";
    for (JsonNode hash : json.path("hashes")) {
      if (hash.path("alg").asText().equals("SHA-256")) {
        sha256 = hash.path("content").asText();
      }
    }
    List<String> licenses = new ArrayList<>();
    for (JsonNode each : json.path("licenses")) {
      JsonNode license = each.path("license");
      String name = license.path("id").asText(license.path("name").asText());
      licenses.add(each.path("expression").asText(name));
    }
    return new Component(
        json.path("group").asText(),
        json.path("name").asText(),
        json.path("version").asText(),
        classifier.find() ? classifier.group(1) : "",
        sha256,
        licenses);
  }
}
