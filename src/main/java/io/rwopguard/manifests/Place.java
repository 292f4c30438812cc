package io.rwopguard.manifests;

/**
 * Where something stands in a file.
 *
 * @param line from one
 * @param column from one
 * @param length of what stands there, on its line
 */
public record Place(int line, int column, int length) {

  /** The beginning of a file. */
  public static final Place BEGINNING = new Place(1, 1, 1);
}
