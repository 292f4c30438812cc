package io.rwopguard.testing.manifests;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.rules.RuleSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Manifests of the tests, as the trees that the service works on. */
public final class Manifests {

  public static final Path RESOURCES = Path.of("src/test/resources");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private Manifests() {}

  /** The files in a folder below the test resources, by name. */
  public static List<Path> in(String folder) {
    try (Stream<Path> files = Files.list(RESOURCES.resolve(folder))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The manifests in a folder below the test resources, by name. */
  public static List<Path> yamlIn(String folder) {
    return in(folder).stream().filter(file -> file.toString().endsWith(".yaml")).toList();
  }

  /** The files of all rules' fixtures, those that pass and those that fail. */
  public static Stream<Path> ofRules() {
    return RuleSet.WITH_DEFAULTS.rules().stream()
        .flatMap(rule -> Stream.of("fail", "pass").map(verdict -> rule.id() + "/" + verdict))
        .flatMap(folder -> yamlIn("rules/" + folder).stream());
  }

  public static ObjectNode read(Path file) {
    try {
      return (ObjectNode) YAML.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The documents of a file, in their order. */
  public static List<ObjectNode> readAll(Path file) {
    try (MappingIterator<ObjectNode> documents =
        YAML.readerFor(ObjectNode.class).readValues(file.toFile())) {
      return documents.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static ObjectNode parse(String yaml) {
    try {
      return (ObjectNode) YAML.readTree(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The facts of a manifest, which has to be of a kind that the service reads; a Scale is one of a
   * Deployment.
   */
  public static ObjectFacts facts(ObjectNode manifest) {
    String apiVersion = manifest.path("apiVersion").asText();
    String group = apiVersion.contains("/") ? apiVersion.replaceAll("/.*", "") : "";
    Kind kind = Kind.of(group, manifest.path("kind").asText()).orElseThrow();
    if (kind == Kind.SCALE) {
      String name = manifest.path("metadata").path("name").asText();
      return ObjectReader.readScale(new ObjectKey(Kind.DEPLOYMENT, "shop", name), manifest);
    }
    return ObjectReader.read(kind, "shop", manifest);
  }
}
