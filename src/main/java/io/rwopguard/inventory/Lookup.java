package io.rwopguard.inventory;

import java.util.Optional;

/**
 * The answer to "what is known about this object?". "Unknown" is a separate answer, and never means
 * "it does not exist".
 */
public sealed interface Lookup<T> permits Lookup.Found, Lookup.Absent, Lookup.Unknown {

  /** The object exists, and this is what is known about it. */
  record Found<T>(T object) implements Lookup<T> {}

  /** The API server has just reported that the object does not exist. */
  record Absent<T>() implements Lookup<T> {}

  /** No answer is available: there is no cluster, or it did not answer in time. */
  record Unknown<T>() implements Lookup<T> {}

  static <T> Lookup<T> found(T value) {
    return new Found<>(value);
  }

  static <T> Lookup<T> absent() {
    return new Absent<>();
  }

  static <T> Lookup<T> unknown() {
    return new Unknown<>();
  }

  /** Returns the object, if it was found. */
  default Optional<T> value() {
    return this instanceof Found<T> found ? Optional.of(found.object()) : Optional.empty();
  }
}
