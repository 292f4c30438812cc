package io.rwopguard.manifests;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a stream of JSON values, like kubectl reads a file that starts with a brace
 * (k8s.io/apimachinery/pkg/util/yaml YAMLOrJSONDecoder).
 */
final class JsonDocuments {

  /** A value and the places of its parts. */
  record Document(JsonNode tree, Places places) {}

  private final JsonParser parser;
  private Places places = new Places();

  private JsonDocuments(JsonParser parser) {
    this.parser = parser;
  }

  /**
   * Reads all values.
   *
   * @throws IOException if it is no JSON
   */
  static List<Document> read(String text) throws IOException {
    List<Document> all = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      JsonDocuments documents = new JsonDocuments(parser);
      while (parser.nextToken() != null) {
        all.add(documents.next());
      }
    }
    return all;
  }

  private Document next() throws IOException {
    places = new Places();
    places.put("", place());
    return new Document(tree(""), places);
  }

  private JsonNode tree(String pointer) throws IOException {
    JsonNodeFactory make = JsonNodeFactory.instance;
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(pointer);
      case START_ARRAY -> array(pointer);
      case VALUE_TRUE -> make.booleanNode(true);
      case VALUE_FALSE -> make.booleanNode(false);
      case VALUE_NULL -> make.nullNode();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Scalars.plain(parser.getText());
      default -> make.textNode(parser.getText());
    };
  }

  private ObjectNode object(String pointer) throws IOException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      String below = places.putKey(pointer, name, place(name));
      if (object.has(name)) {
        places.putDuplicate(below, place(name));
      }
      parser.nextToken();
      object.set(name, tree(below));
    }
    return object;
  }

  private ArrayNode array(String pointer) throws IOException {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String below = pointer + "/" + array.size();
      places.put(below, place());
      array.add(tree(below));
    }
    return array;
  }

  private Place place() {
    JsonLocation location = parser.currentTokenLocation();
    return new Place(location.getLineNr(), location.getColumnNr(), 1);
  }

  /** Returns the place of a key, with its quotes. */
  private Place place(String key) {
    return new Place(place().line(), place().column(), key.length() + 2);
  }
}
