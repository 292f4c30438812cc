package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Makes of a YAML document the tree that it stands for, and remembers where each part stands. */
final class YamlDocument {

  /** Beyond these a document is made to be slow: anchors can multiply a few lines without end. */
  private static final int MOST_NODES = 500_000;

  private static final int DEEPEST = 200;

  /** It is YAML, and no manifest: why, and where that shows. */
  static final class NoManifestException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Place place;

    NoManifestException(Place place, String problem) {
      super(problem);
      this.place = place;
    }

    Place place() {
      return place;
    }
  }

  private final int linesBefore;
  private final Map<String, Place> places = new HashMap<>();
  private int nodes;

  /** One that begins after so many lines of its file. */
  YamlDocument(int linesBefore) {
    this.linesBefore = linesBefore;
  }

  Map<String, Place> places() {
    return places;
  }

  /**
   * The tree.
   *
   * @throws NoManifestException if it holds what JSON does not, or far too much
   */
  JsonNode tree(Node root) throws NoManifestException {
    places.put("", place(root));
    return tree(root, "", 0);
  }

  private JsonNode tree(Node node, String pointer, int depth) throws NoManifestException {
    nodes++;
    if (nodes > MOST_NODES || depth > DEEPEST) {
      throw new NoManifestException(
          place(node), "it is nested too deeply, or repeats itself too often");
    }
    if (node instanceof MappingNode mapping) {
      return mapping(mapping, pointer, depth);
    }
    if (node instanceof SequenceNode sequence) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      for (Node each : sequence.getValue()) {
        String below = pointer + "/" + array.size();
        places.put(below, place(each));
        array.add(tree(each, below, depth + 1));
      }
      return array;
    }
    return scalar((ScalarNode) node);
  }

  private ObjectNode mapping(MappingNode mapping, String pointer, int depth)
      throws NoManifestException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw new NoManifestException(place(tuple.getKeyNode()), "a key is no text");
      }
      String name = key.getValue();
      if (object.has(name)) {
        // the API server refuses it, and kubectl would silently take the last one
        throw new NoManifestException(
            place(key), "the key %s is there twice; remove one of the two".formatted(name));
      }
      String below = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
      places.put(below, place(key));
      object.set(name, tree(tuple.getValueNode(), below, depth + 1));
    }
    return object;
  }

  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    Tag tag = scalar.getTag();
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (tag.equals(Tag.NULL)) {
      return make.nullNode();
    }
    if (tag.equals(Tag.BOOL)) {
      return make.booleanNode(Boolean.parseBoolean(text));
    }
    if (tag.equals(Tag.INT)) {
      return integer(text);
    }
    if (tag.equals(Tag.FLOAT)) {
      return decimal(text);
    }
    return make.textNode(text);
  }

  private static JsonNode integer(String text) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    try {
      BigInteger value =
          text.startsWith("0x")
              ? new BigInteger(text.substring(2), 16)
              : text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
      if (value.bitLength() < Integer.SIZE) {
        return make.numberNode(value.intValue());
      }
      return value.bitLength() < Long.SIZE
          ? make.numberNode(value.longValue())
          : make.numberNode(value);
    } catch (NumberFormatException e) {
      return make.textNode(text);
    }
  }

  private static JsonNode decimal(String text) {
    try {
      return JsonNodeFactory.instance.numberNode(new BigDecimal(text));
    } catch (NumberFormatException e) {
      // infinity, and what is no number: JSON knows neither
      return JsonNodeFactory.instance.textNode(text);
    }
  }

  private Place place(Node node) {
    Optional<Mark> start = node.getStartMark();
    if (start.isEmpty()) {
      return Place.BEGINNING;
    }
    Mark from = start.get();
    int length =
        node.getEndMark()
            .filter(end -> end.getLine() == from.getLine())
            .map(end -> end.getColumn() - from.getColumn())
            .orElse(1);
    return new Place(linesBefore + from.getLine() + 1, from.getColumn() + 1, Math.max(1, length));
  }
}
