package io.rwopguard.workload;

/**
 * The place of a field in an object, in both ways of writing it: as people read it ({@code
 * spec.containers[0].image}) and as a JSON pointer (RFC 6901).
 *
 * @param text as Kubernetes prints it in its own messages; empty for the object itself
 * @param pointer as JSON Patch wants it; empty for the object itself
 */
public record FieldPath(String text, String pointer) {

  /** The object itself. */
  public static final FieldPath ROOT = new FieldPath("", "");

  /** The field of this name below this one. */
  public FieldPath field(String name) {
    boolean plain = name.indexOf('.') < 0 && name.indexOf('/') < 0;
    String step = plain ? (text.isEmpty() ? name : "." + name) : "[" + name + "]";
    return new FieldPath(text + step, pointer + "/" + name.replace("~", "~0").replace("/", "~1"));
  }

  /** The element at this index of the list that this path names. */
  public FieldPath index(int index) {
    return new FieldPath(text + "[" + index + "]", pointer + "/" + index);
  }

  @Override
  public String toString() {
    return text.isEmpty() ? "the object" : text;
  }
}
