package io.rwopguard.manifests;

/**
 * A place in a file.
 *
 * @param line the line, from one
 * @param column the column, from one
 * @param length the length of the text, on its line
 */
public record Place(int line, int column, int length) {

  /** The start of a file. */
  public static final Place BEGINNING = new Place(1, 1, 1);
}
