package io.rwopguard.testing.random;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Chance, from a seed and the number of a case, so that any case can be generated again alone.
 *
 * @param valid whether only what a real API server knows and accepts may come out; else also fields
 *     and values that Kubernetes might add later
 */
public record RandomSource(RandomGenerator random, boolean valid) {

  /** The dice of one case. */
  public static RandomSource of(long seed, int number, boolean valid) {
    return new RandomSource(new SplittableRandom(seed * 1_000_003 + number), valid);
  }

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Returns a number from 0 to just below this. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  public boolean percent(int chance) {
    return random.nextInt(100) < chance;
  }

  @SafeVarargs
  public final <T> T pick(T... of) {
    return of[random.nextInt(of.length)];
  }

  /** Sets the field to one of these numbers, or often not at all. */
  void maybe(ObjectNode object, String field, int... of) {
    int index = random.nextInt(of.length * 3 / 2 + 1);
    if (index < of.length) {
      object.put(field, of[index]);
    }
  }

  /** Sets at times an unknown field, or an explicit null, where that is wanted. */
  public void future(ObjectNode object, String... nullable) {
    if (valid || !percent(8)) {
      return;
    }
    if (nullable.length > 0 && percent(30)) {
      String field = pick(nullable);
      if (!object.has(field)) {
        object.putNull(field);
      }
      return;
    }
    object.putObject("futureField").put("b", 1.50).put("a", "ä\u2028").putArray("list").add(7L);
  }
}
