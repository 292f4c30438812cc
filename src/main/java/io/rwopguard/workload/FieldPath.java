package io.rwopguard.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;

/**
 * The place of a field in an object. Most are made while an object is read and only few are ever
 * written down, so that what one is called is put together when somebody asks.
 */
public final class FieldPath {

  /** The object itself. */
  public static final FieldPath ROOT = new FieldPath(null, "", -1);

  private final FieldPath parent;
  private final String name;

  /** Of a list's element; -1 for a field. */
  private final int index;

  private FieldPath(FieldPath parent, String name, int index) {
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  /** The field of this name below this one. */
  public FieldPath field(String name) {
    return new FieldPath(this, name, -1);
  }

  /** The element at this index of the list that this path names. */
  public FieldPath index(int index) {
    return new FieldPath(this, "", index);
  }

  /** Whether it is the object itself. */
  public boolean isRoot() {
    return parent == null;
  }

  /** The place of what holds this one; the object itself is in nothing. */
  public FieldPath parent() {
    return Objects.requireNonNull(parent, "the object itself is in nothing");
  }

  /** Puts a node into what holds this place, which has to be there. */
  public void replace(JsonNode holder, JsonNode node) {
    if (index < 0) {
      ((ObjectNode) holder).set(name, node);
    } else {
      ((ArrayNode) holder).set(index, node);
    }
  }

  /** What stands at this place in an object; a missing node if nothing does. */
  public JsonNode in(JsonNode object) {
    if (parent == null) {
      return object;
    }
    JsonNode above = parent.in(object);
    return index < 0 ? above.path(name) : above.path(index);
  }

  /** As Kubernetes prints it in its own messages; empty for the object itself. */
  public String text() {
    StringBuilder text = new StringBuilder();
    appendText(text);
    return text.toString();
  }

  private void appendText(StringBuilder text) {
    if (parent == null) {
      return;
    }
    parent.appendText(text);
    if (index >= 0) {
      text.append('[').append(index).append(']');
    } else if (name.indexOf('.') >= 0 || name.indexOf('/') >= 0) {
      text.append('[').append(name).append(']');
    } else {
      text.append(text.isEmpty() ? "" : ".").append(name);
    }
  }

  /** As JSON Patch wants it, a JSON pointer (RFC 6901); empty for the object itself. */
  public String pointer() {
    StringBuilder pointer = new StringBuilder();
    appendPointer(pointer);
    return pointer.toString();
  }

  private void appendPointer(StringBuilder pointer) {
    if (parent == null) {
      return;
    }
    parent.appendPointer(pointer);
    pointer.append('/');
    if (index >= 0) {
      pointer.append(index);
    } else {
      pointer.append(name.replace("~", "~0").replace("/", "~1"));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FieldPath path
        && index == path.index
        && name.equals(path.name)
        && Objects.equals(parent, path.parent);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Objects.hashCode(parent) + name.hashCode()) + index;
  }

  @Override
  public String toString() {
    return parent == null ? "the object" : text();
  }
}
