package io.rwopguard.manifests;

import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import java.util.List;
import java.util.Map;

/** Reads one object as JSON and as YAML, which contains JSON. Both readers give the same object. */
public final class YamlFuzz {

  private static final JsonMapper ASCII =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** The depth and the length of a text below which the limits of YAML do not matter. */
  private static final int DEEPEST = 100;

  private static final int LONGEST = 500;

  private YamlFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ObjectNode object = Inputs.object(input).orElse(null);
    if (object == null || !isYaml(object, 0) || object.path("kind").asText().endsWith("List")) {
      return;
    }
    String json = text(object);
    // a comment before the brace makes it YAML
    same(read(json), read("# YAML\n" + json + "\n"), "JSON and YAML differ");
  }

  private static List<ObjectNode> read(String text) {
    ManifestReader reader = new ManifestReader();
    reader.read("input", text);
    same(List.of(), reader.unreadable(), "cannot be read");
    return reader.manifests().stream().map(Manifest::json).toList();
  }

  private static String text(JsonNode json) {
    try {
      return ASCII.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns whether YAML can express this JSON; kubectl's parser does not know surrogates. */
  private static boolean isYaml(JsonNode json, int depth) {
    if (depth > DEEPEST || (json.isTextual() && !isYaml(json.textValue()))) {
      return false;
    }
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!isYaml(field.getKey())) {
        return false;
      }
    }
    for (JsonNode each : json) {
      if (!isYaml(each, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isYaml(String text) {
    return text.length() <= LONGEST
        && text.chars().noneMatch(each -> Character.isSurrogate((char) each) || each == 0x7f);
  }
}
