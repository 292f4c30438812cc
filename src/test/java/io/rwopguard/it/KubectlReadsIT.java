package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.ManifestReader;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.testing.apiserver.ApiServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Odd manifests: those that kubectl reads are read alike, and those that it refuses are refused.
 */
class KubectlReadsIT {

  private static final Path FOLDER = Path.of("src/test/resources/lint/odd");
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern REFUSED = Pattern.compile("error parsing (\\S+): ");

  private static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  /** snakeyaml-engine knows neither the escape {@code \\L} nor a tab before a value. */
  private static final Set<String> STRICTER =
      Set.of(FOLDER + "/style-256.yaml", FOLDER + "/text-154.yaml");

  /** Runs kubectl over files, and returns what it says of those that it cannot read. */
  private static String kubectl(String files, Path output)
      throws IOException, InterruptedException {
    return ApiServer.running()
        .shell(
            "kubectl apply --dry-run=client --validate=ignore -n default -o json %s > %s"
                .formatted(files, output))
        .output();
  }

  /**
   * Returns the files that kubectl refuses. It continues after each, and then prints no object at
   * all.
   */
  private static Set<String> refusedByKubectl() throws IOException, InterruptedException {
    Set<String> refused = new TreeSet<>();
    Matcher error = REFUSED.matcher(kubectl("-R -f " + FOLDER, Path.of("/dev/null")));
    while (error.find()) {
      refused.add(error.group(1));
    }
    return refused;
  }

  /** All that kubectl reads of the others, by name. */
  private static Map<String, JsonNode> readByKubectl(Set<String> refused)
      throws IOException, InterruptedException {
    Path found = Path.of("target/read-by-kubectl.json");
    String files =
        files().stream()
            .filter(file -> !refused.contains(file))
            .map(file -> "-f " + file)
            .collect(Collectors.joining(" "));
    String said = kubectl(files, found);
    Map<String, JsonNode> read = new TreeMap<>();
    for (JsonNode object : JSON.readTree(Files.readString(found)).path("items")) {
      read.put(name(object), plain(object.deepCopy()));
    }
    assertThat(read).as(said).hasSizeGreaterThan(200);
    return read;
  }

  /** Without what kubectl adds. */
  private static JsonNode plain(ObjectNode object) {
    ObjectNode metadata = object.withObject("/metadata");
    metadata.withObject("/annotations").remove("kubectl.kubernetes.io/last-applied-configuration");
    if (metadata.path("annotations").isEmpty()) {
      metadata.remove("annotations");
    }
    metadata.remove("namespace");
    return object;
  }

  private static List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  /** Numbers are the same in Go if they are the same as float64 or as int64. */
  private static String shown(JsonNode node) {
    if (node.isNumber()) {
      return node.isIntegralNumber() && node.canConvertToLong()
          ? node.asText()
          : "%e".formatted(node.asDouble());
    }
    if (node.isObject()) {
      Map<String, String> fields = new TreeMap<>();
      // an apply leaves out what is null
      node.properties().stream()
          .filter(field -> !field.getValue().isNull())
          .forEach(field -> fields.put(field.getKey(), shown(field.getValue())));
      return fields.toString();
    }
    StringBuilder items = new StringBuilder();
    if (node.isArray()) {
      node.forEach(each -> items.append(shown(each)).append(", "));
      return "[" + items + "]";
    }
    return node.toString();
  }

  @Test
  void reads_what_kubectl_reads_and_refuses_what_it_refuses() throws Exception {
    assertThat(files()).hasSizeGreaterThan(200);
    ManifestReader reader = new ManifestReader();
    for (String file : files()) {
      reader.read(file, new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8));
    }
    Set<String> refused = refusedByKubectl();
    Set<String> refusedHere =
        reader.unreadable().stream().map(Unreadable::source).collect(Collectors.toSet());
    assertThat(refusedHere).containsAll(STRICTER).containsAll(refused);
    refused.addAll(STRICTER);
    assertThat(refusedHere).containsExactlyInAnyOrderElementsOf(refused);
    Map<String, String> byKubectl = new TreeMap<>();
    readByKubectl(refused).forEach((name, object) -> byKubectl.put(name, shown(object)));
    Map<String, String> here = new TreeMap<>();
    for (Manifest manifest : reader.manifests()) {
      if (!refused.contains(manifest.source())) {
        here.put(name(manifest.json()), shown(plain(manifest.json().deepCopy())));
      }
    }
    assertThat(here).containsExactlyInAnyOrderEntriesOf(byKubectl);
  }
}
