package io.rwopguard.fuzz;

import java.util.random.RandomGenerator;

/**
 * Takes every random choice from the bytes of an input, so that the fuzzer learns which choices
 * lead to new code. An input that is used up makes the first choice each time.
 */
public final class InputDice implements RandomGenerator {

  private final byte[] input;
  private int at;

  public InputDice(byte[] input) {
    this.input = input.clone();
  }

  private int next() {
    return at < input.length ? input[at++] & 0xff : 0;
  }

  /** Returns a number below the bound, from one byte for each 256 possible choices. */
  @Override
  public int nextInt(int bound) {
    int value = next();
    for (int reached = 256; reached < bound && reached > 0; reached <<= Byte.SIZE) {
      value = (value << Byte.SIZE | next()) & Integer.MAX_VALUE;
    }
    return value % bound;
  }

  @Override
  public boolean nextBoolean() {
    return (next() & 1) == 1;
  }

  @Override
  public long nextLong() {
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << Byte.SIZE | next();
    }
    return value;
  }
}
