package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * An edited copy of an object, with the JSON Patch (RFC 6902) that leads to it. Fields that no edit
 * names stay untouched, even ones that this program does not know. The original object does not
 * change.
 */
public final class PatchBuilder {

  /**
   * One edit.
   *
   * @param mutation the id of the mutation that made it
   * @param before the previous value; a missing node if there was none
   */
  record Change(String mutation, FieldPath path, JsonNode before) {}

  private final ArrayNode patch = JsonNodeFactory.instance.arrayNode();
  private final List<Change> changes = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** The nodes of the edited object that are copies already; all others belong to the original. */
  private final Set<JsonNode> own = Collections.newSetFromMap(new IdentityHashMap<>());

  private JsonNode edited;
  private String mutation = "";

  /** Creates a draft without edits. */
  public PatchBuilder(JsonNode original) {
    this.edited = original;
  }

  /** Returns the draft that leads from one object to another, with these warnings. */
  static PatchBuilder between(JsonNode original, JsonNode edited, List<String> warnings) {
    PatchBuilder draft = new PatchBuilder(edited);
    // moves and copies would be shorter, but they do not show the result for each field
    JsonNode difference =
        JsonDiff.asJson(
            original,
            edited,
            EnumSet.of(DiffFlags.OMIT_MOVE_OPERATION, DiffFlags.OMIT_COPY_OPERATION));
    difference.forEach(draft.patch::add);
    draft.warnings.addAll(warnings);
    return draft;
  }

  /** Attributes all further edits to this mutation. */
  void editedBy(String id) {
    mutation = id;
  }

  /**
   * Sets a field of an existing object.
   *
   * @return whether that changed anything
   */
  public boolean set(FieldPath object, String field, JsonNode value) {
    JsonNode before = at(object).path(field);
    if (before.equals(value)) {
      return false;
    }
    if (!(editable(object) instanceof ObjectNode target)) {
      throw new IllegalArgumentException("no object at " + object);
    }
    changes.add(new Change(mutation, object.field(field), before));
    write(target.has(field) ? "replace" : "add", object.field(field).pointer(), value);
    target.set(field, value);
    return true;
  }

  /** Sets a field of an existing object to a whole number, as a parser would read it. */
  public boolean set(FieldPath object, String field, long value) {
    int small = (int) value;
    return set(
        object,
        field,
        small == value
            ? JsonNodeFactory.instance.numberNode(small)
            : JsonNodeFactory.instance.numberNode(value));
  }

  /** Ensures that a field of an existing object contains an object, and returns its path. */
  public FieldPath ensureObject(FieldPath object, String field) {
    if (Json.isUnset(at(object).path(field))) {
      set(object, field, JsonNodeFactory.instance.objectNode());
    }
    return object.field(field);
  }

  /** Appends a value to a list in an existing object, and creates the list if necessary. */
  public void append(FieldPath object, String field, JsonNode value) {
    if (Json.isUnset(at(object).path(field))) {
      set(object, field, JsonNodeFactory.instance.arrayNode().add(value));
      return;
    }
    FieldPath list = object.field(field);
    if (!(editable(list) instanceof ArrayNode target)) {
      throw new IllegalArgumentException("no list at " + list);
    }
    FieldPath end = list.index(target.size());
    changes.add(new Change(mutation, end, at(end)));
    write("add", end.pointer(), value);
    target.add(value);
  }

  /**
   * Returns the node at this path as a node that may be edited. Only the nodes on the path are
   * copied. The original and the values set before, which the patch contains too, do not change.
   */
  private JsonNode editable(FieldPath path) {
    JsonNode node = at(path);
    if (!node.isContainerNode() || own.contains(node)) {
      return node;
    }
    JsonNode copy = copyOf(node);
    own.add(copy);
    if (path.isRoot()) {
      edited = copy;
    } else {
      path.replace(editable(path.parent()), copy);
    }
    return copy;
  }

  private static JsonNode copyOf(JsonNode node) {
    return node instanceof ObjectNode object
        ? JsonNodeFactory.instance.objectNode().setAll(object)
        : JsonNodeFactory.instance.arrayNode().addAll((ArrayNode) node);
  }

  private void write(String operation, String pointer, JsonNode value) {
    patch.addObject().put("op", operation).put("path", pointer).set("value", value);
  }

  /** Returns the value at this path after the edits so far; a missing node if there is none. */
  public JsonNode at(FieldPath path) {
    return path.in(edited);
  }

  /** Adds a warning for the author that the edits alone do not show. */
  public void warn(String warning) {
    warnings.add(warning);
  }

  /** Returns the edited object. */
  public JsonNode edited() {
    return edited;
  }

  /** Returns the edits so far, in order; empty if there were none. */
  public ArrayNode patch() {
    return patch;
  }

  /** Returns the edits so far with their mutations, in order. */
  List<Change> changes() {
    return List.copyOf(changes);
  }

  /** Returns the warnings for the author, in order. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }
}
