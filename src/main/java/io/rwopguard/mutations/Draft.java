package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * An edited copy of an object, with the JSON Patch (RFC 6902) that leads to it. What no edit names
 * is never touched, known to this program or not; the object it was made from stays as it was.
 */
public final class Draft {

  /**
   * One edit.
   *
   * @param mutation the id of the mutation that made it
   * @param before what was there; a missing node if nothing was
   */
  record Change(String mutation, FieldPath path, JsonNode before) {}

  private final ArrayNode patch = JsonNodeFactory.instance.arrayNode();
  private final List<Change> changes = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** The nodes of the edited object that are copies already; all others are the original's. */
  private final Set<JsonNode> own = Collections.newSetFromMap(new IdentityHashMap<>());

  private JsonNode edited;
  private String mutation = "";

  /** Starts with no edits. */
  public Draft(JsonNode original) {
    this.edited = original;
  }

  /** What leads from one object to another, with what is to be said of it. */
  static Draft between(JsonNode original, JsonNode edited, List<String> warnings) {
    Draft draft = new Draft(edited);
    // moves and copies would be shorter, but nobody could read from them what becomes of a field
    JsonNode difference =
        JsonDiff.asJson(
            original,
            edited,
            EnumSet.of(DiffFlags.OMIT_MOVE_OPERATION, DiffFlags.OMIT_COPY_OPERATION));
    difference.forEach(draft.patch::add);
    draft.warnings.addAll(warnings);
    return draft;
  }

  /** Puts all edits from now on down to this mutation. */
  void editedBy(String id) {
    mutation = id;
  }

  /**
   * Gives a field of an object that is there a value.
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

  /** Gives a field of an object that is there a whole number, as a parser would read it. */
  public boolean set(FieldPath object, String field, long value) {
    int small = (int) value;
    return set(
        object,
        field,
        small == value
            ? JsonNodeFactory.instance.numberNode(small)
            : JsonNodeFactory.instance.numberNode(value));
  }

  /** Makes sure that a field of an object that is there holds an object, and says where. */
  public FieldPath ensureObject(FieldPath object, String field) {
    if (Json.isUnset(at(object).path(field))) {
      set(object, field, JsonNodeFactory.instance.objectNode());
    }
    return object.field(field);
  }

  /** Puts a value at the end of a list, which need not be there, in an object that is. */
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
   * The node at this place, as one that may be edited. Only what lies on the way to it is copied:
   * the original stays as it was, and so do values that were set before, which the patch holds too.
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

  /** What stands at this place now, after the edits so far; a missing node if nothing does. */
  public JsonNode at(FieldPath path) {
    return path.in(edited);
  }

  /** Says something to the author that the edits alone do not tell. */
  public void warn(String warning) {
    warnings.add(warning);
  }

  /** The edited object. */
  public JsonNode edited() {
    return edited;
  }

  /** The edits so far, in order; empty if there were none. */
  public ArrayNode patch() {
    return patch;
  }

  /** What was edited so far, in order. */
  List<Change> changes() {
    return List.copyOf(changes);
  }

  /** What was said to the author, in order. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }
}
