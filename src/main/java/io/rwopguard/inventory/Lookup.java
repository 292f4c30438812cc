package io.rwopguard.inventory;

import java.util.Optional;

/**
 * The answer to "what is known of this object?". That nobody could say is an answer of its own, and
 * never taken for "it does not exist".
 */
public sealed interface Lookup<T> permits Lookup.Found, Lookup.Absent, Lookup.Unknown {

  /** It exists, and this is what is known of it. */
  record Found<T>(T object) implements Lookup<T> {}

  /** It was asked for just now, and does not exist. */
  record Absent<T>() implements Lookup<T> {}

  /** Nobody could say: there is no cluster to ask, or it did not answer in time. */
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

  /** The object, if it was found. */
  default Optional<T> value() {
    return this instanceof Found<T> found ? Optional.of(found.object()) : Optional.empty();
  }
}
