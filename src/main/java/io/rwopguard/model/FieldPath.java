package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;

/**
 * The path of a field in an object. A read creates many paths and only few are ever printed, so the
 * text of a path is built on demand.
 */
public final class FieldPath {

  /** The object itself. */
  public static final FieldPath ROOT = new FieldPath(null, "", -1);

  private final FieldPath parent;
  private final String name;

  /** The index of a list's element; -1 for a field. */
  private final int index;

  private FieldPath(FieldPath parent, String name, int index) {
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  /** Returns the path of this field below this one. */
  public FieldPath field(String name) {
    return new FieldPath(this, name, -1);
  }

  /** Returns the path of the element at this index of the list at this path. */
  public FieldPath index(int index) {
    return new FieldPath(this, "", index);
  }

  /** Returns whether it is the object itself. */
  public boolean isRoot() {
    return parent == null;
  }

  /** Returns the path of the parent; the object itself has none. */
  public FieldPath parent() {
    return Objects.requireNonNull(parent, "the object itself has no parent");
  }

  /** Replaces the node at this path in its parent, which has to exist. */
  public void replace(JsonNode holder, JsonNode node) {
    if (index < 0) {
      ((ObjectNode) holder).set(name, node);
    } else {
      ((ArrayNode) holder).set(index, node);
    }
  }

  /** Returns the node at this path in an object; a missing node if there is none. */
  public JsonNode in(JsonNode object) {
    if (parent == null) {
      return object;
    }
    JsonNode above = parent.in(object);
    return index < 0 ? above.path(name) : above.path(index);
  }

  /** Returns the path as Kubernetes prints it in its own messages; empty for the object itself. */
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

  /** Returns the path as a JSON pointer (RFC 6901) for JSON Patch; empty for the object itself. */
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
