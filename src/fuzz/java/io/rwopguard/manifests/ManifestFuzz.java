package io.rwopguard.manifests;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.fuzz.Inputs;
import java.util.List;
import java.util.Map;

/**
 * Reads a file of manifests. Every field has a place in the file, every problem too, and an object
 * that is written as JSON is read as the same object.
 */
public final class ManifestFuzz {

  private ManifestFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Inputs.text(input);
    ManifestReader reader = read(text);
    int lines = Math.max(1, (int) text.lines().count() + 1);
    for (Manifest manifest : reader.manifests()) {
      manifest.places().values().forEach(place -> isIn(place, lines));
      manifest.duplicates().values().forEach(place -> isIn(place, lines));
      hasPlaces(manifest, JsonPointer.empty(), manifest.json());
      List<Manifest> again = read(manifest.json().toString()).manifests();
      same(1, again.size(), "JSON of one object is another number of objects");
      same(manifest.json(), again.get(0).json(), "an object that is written and read differs");
    }
    for (Unreadable each : reader.unreadable()) {
      isIn(each.place(), lines);
      check(!each.problem().isBlank(), "no reason", each);
    }
  }

  private static ManifestReader read(String text) {
    ManifestReader reader = new ManifestReader();
    reader.read("input", text);
    return reader;
  }

  private static void isIn(Place place, int lines) {
    check(place.line() >= 1 && place.line() <= lines, "a line outside the file", place);
    check(place.column() >= 1 && place.length() >= 1, "a place outside its line", place);
  }

  private static void hasPlaces(Manifest manifest, JsonPointer at, JsonNode json) {
    check(manifest.places().containsKey(at.toString()), "a field without place", at);
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      hasPlaces(manifest, at.appendProperty(field.getKey()), field.getValue());
    }
    for (int i = 0; json.isArray() && i < json.size(); i++) {
      hasPlaces(manifest, at.appendIndex(i), json.get(i));
    }
  }
}
