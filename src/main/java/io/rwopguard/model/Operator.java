package io.rwopguard.model;

/**
 * An operator that manages an object.
 *
 * @param title its name in messages
 * @param owns whether it owns the object; if not, only labels name it, which anyone can write
 */
public record Operator(String title, boolean owns) {

  @Override
  public String toString() {
    return title;
  }
}
