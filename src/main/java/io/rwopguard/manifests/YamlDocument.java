package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Converts a YAML document to a tree, with the place of each part. */
final class YamlDocument {

  /**
   * The maximum number of nodes. A larger document is built to be slow: anchors can multiply a few
   * lines without end.
   */
  private static final int MOST_NODES = 500_000;

  private static final int DEEPEST = 200;

  private static final String NO_MAPPING =
      "the value of << is not a mapping; name the anchor of a mapping after it";

  /** Thrown if a document is valid YAML but no manifest; contains the reason and the place. */
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
  private final JsonEscapes escapes;
  private final Places places = new Places();
  private int nodes;

  /** Creates a document that starts after this number of lines of its file. */
  YamlDocument(int linesBefore, String text) {
    this.linesBefore = linesBefore;
    this.escapes = new JsonEscapes(text);
  }

  Places places() {
    return places;
  }

  /**
   * Returns the tree.
   *
   * @throws NoManifestException if it contains values that JSON does not have, or far too many
   *     nodes
   */
  JsonNode tree(Node root) throws NoManifestException {
    places.put("", place(root));
    return tree(root, "", 0);
  }

  private JsonNode tree(Node node, String pointer, int depth) throws NoManifestException {
    count(node, depth);
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

  private void count(Node node, int depth) throws NoManifestException {
    nodes++;
    if (nodes > MOST_NODES || depth > DEEPEST) {
      throw new NoManifestException(
          place(node), "it is nested too deeply, or repeats itself too often");
    }
  }

  private ObjectNode mapping(MappingNode mapping, String pointer, int depth)
      throws NoManifestException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    Set<String> written = new HashSet<>();
    merge(mapping, object, written, pointer, depth);
    return object;
  }

  /**
   * Adds the entries of a mapping to an object in order, as kubectl's parser does. Later entries
   * replace earlier ones, also those of a merged mapping.
   */
  private void merge(
      MappingNode mapping, ObjectNode object, Set<String> written, String pointer, int depth)
      throws NoManifestException {
    for (NodeTuple tuple : mapping.getValue()) {
      if (isMerge(tuple.getKeyNode())) {
        mergeAll(tuple.getValueNode(), object, pointer, depth);
        continue;
      }
      Node keyNode = tuple.getKeyNode();
      String name = key(keyNode);
      String below = places.putKey(pointer, name, place(keyNode));
      if (!written.add(name)) {
        places.putDuplicate(below, place(keyNode));
      }
      object.set(name, tree(tuple.getValueNode(), below, depth + 1));
    }
  }

  private void mergeAll(Node value, ObjectNode object, String pointer, int depth)
      throws NoManifestException {
    count(value, depth);
    if (value instanceof MappingNode merged) {
      merge(merged, object, new HashSet<>(), pointer, depth + 1);
    } else if (value instanceof SequenceNode several) {
      // of two the earlier one counts
      List<Node> all = new ArrayList<>(several.getValue());
      Collections.reverse(all);
      for (Node each : all) {
        if (!(each instanceof MappingNode)) {
          throw new NoManifestException(place(each), NO_MAPPING);
        }
        mergeAll(each, object, pointer, depth + 1);
      }
    } else {
      throw new NoManifestException(place(value), NO_MAPPING);
    }
  }

  private static boolean isMerge(Node key) {
    return key instanceof ScalarNode scalar
        && scalar.getValue().equals("<<")
        && scalar.getTag().equals(KubectlSchema.PLAIN);
  }

  /** Returns a key; JSON contains a number or a truth value as text. */
  private String key(Node node) throws NoManifestException {
    if (!(node instanceof ScalarNode scalar)) {
      throw new NoManifestException(place(node), "a key is not text; write a name");
    }
    JsonNode key = scalar(scalar);
    if (key.isNull()) {
      throw new NoManifestException(place(node), "a key is null; quote it, or write a name");
    }
    if (key.isBigInteger()) {
      throw new NoManifestException(place(node), "a key is a number that is too large; quote it");
    }
    return Scalars.key(key);
  }

  private JsonNode scalar(ScalarNode scalar) throws NoManifestException {
    String text = scalar.getValue();
    Tag tag = scalar.getTag();
    if (tag.equals(KubectlSchema.PLAIN)) {
      if (Scalars.isNoJson(text)) {
        throw new NoManifestException(place(scalar), text + " is not a JSON number; quote it");
      }
      return Scalars.plain(text);
    }
    if (scalar.getScalarStyle() == ScalarStyle.DOUBLE_QUOTED && escapes.areIn(scalar)) {
      throw new NoManifestException(
          place(scalar),
          "kubectl does not know JSON's escapes \\/ and \\uD800 to \\uDFFF in YAML; write the character itself");
    }
    if (tag.equals(Tag.BINARY)) {
      try {
        byte[] bytes = Base64.getMimeDecoder().decode(text);
        return JsonNodeFactory.instance.textNode(new String(bytes, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new NoManifestException(
            place(scalar), "the value of !!binary is not base64; fix it, or remove the tag");
      }
    }
    return KubectlSchema.RESOLVED.contains(tag)
        ? tagged(scalar, tag)
        : JsonNodeFactory.instance.textNode(text);
  }

  private JsonNode tagged(ScalarNode scalar, Tag tag) throws NoManifestException {
    JsonNode value = Scalars.plain(scalar.getValue());
    boolean fits =
        tag.equals(Tag.NULL)
            ? value.isNull()
            : tag.equals(Tag.BOOL)
                ? value.isBoolean()
                : tag.equals(Tag.INT) ? value.isIntegralNumber() : value.isNumber();
    if (!fits) {
      throw new NoManifestException(
          place(scalar),
          "\"%s\" is not !!%s; fix it, or remove the tag"
              .formatted(scalar.getValue(), tag.getValue().substring(Tag.PREFIX.length())));
    }
    return value;
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
