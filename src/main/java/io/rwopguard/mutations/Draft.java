package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.FieldPath;
import java.util.ArrayList;
import java.util.List;

/**
 * An edited copy of an object, with the JSON Patch (RFC 6902) that leads to it. What no edit names
 * is never touched, known to this program or not; the object it was made from stays as it was.
 */
public final class Draft {

  private final ArrayNode patch = JsonNodeFactory.instance.arrayNode();
  private final List<String> warnings = new ArrayList<>();
  private JsonNode edited;

  /** Starts with no edits. */
  public Draft(JsonNode original) {
    this.edited = original;
  }

  /** Gives a field of an object that is there a value; does nothing if it has that value. */
  public void set(FieldPath object, String field, JsonNode value) {
    JsonNode now = edited.at(object.pointer()).path(field);
    if (now.equals(value)) {
      return;
    }
    if (patch.isEmpty()) {
      edited = edited.deepCopy();
    }
    JsonNode parent = edited.at(object.pointer());
    if (!(parent instanceof ObjectNode target)) {
      throw new IllegalArgumentException("no object at " + object);
    }
    // the patch and the copy each keep a tree of their own, since later edits may go below this one
    patch
        .addObject()
        .put("op", target.has(field) ? "replace" : "add")
        .put("path", object.field(field).pointer())
        .set("value", value.deepCopy());
    target.set(field, value.deepCopy());
  }

  /** Gives a field of an object that is there a whole number. */
  public void set(FieldPath object, String field, int value) {
    set(object, field, JsonNodeFactory.instance.numberNode(value));
  }

  /** What stands at this place now, after the edits so far; a missing node if nothing does. */
  public JsonNode at(FieldPath path) {
    return edited.at(path.pointer());
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

  /** What was said to the author, in order. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }
}
