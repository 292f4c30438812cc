package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Resolves plain scalars like kubectl: by YAML 1.1, as its parser implements it (resolve.go of
 * sigs.k8s.io/yaml/goyaml.v2).
 */
final class Scalars {

  private static final JsonNodeFactory MAKE = JsonNodeFactory.instance;
  private static final Map<String, JsonNode> WORDS = words();

  /** The pattern that the parser checks before it tries a number; everything else is text. */
  private static final Pattern NUMERIC = Pattern.compile("[-+.0-9].*", Pattern.DOTALL);

  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private static final Pattern INTEGER =
      Pattern.compile("[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)");

  /** The texts for infinity and for "not a number". */
  private static final Set<String> UNWRITABLE =
      Set.of(
          ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
          ".NaN", ".NAN");

  private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);

  /** The largest number of Go's uint64. */
  private static final BigInteger MOST = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

  /** The most digits of a number up to that: in base two. More would take long to convert. */
  private static final int LONGEST = 64;

  private Scalars() {}

  private static Map<String, JsonNode> words() {
    Map<String, JsonNode> words = new HashMap<>();
    for (String word : "y Y yes Yes YES true True TRUE on On ON".split(" ", -1)) {
      words.put(word, MAKE.booleanNode(true));
    }
    for (String word : "n N no No NO false False FALSE off Off OFF".split(" ", -1)) {
      words.put(word, MAKE.booleanNode(false));
    }
    for (String word : new String[] {"", "~", "null", "Null", "NULL"}) {
      words.put(word, MAKE.nullNode());
    }
    return Map.copyOf(words);
  }

  /** Returns whether it is a number that JSON does not have, so that kubectl refuses it. */
  static boolean isNoJson(String text) {
    return UNWRITABLE.contains(text);
  }

  /** Returns the value of a scalar without quotes and without a tag. */
  static JsonNode plain(String text) {
    JsonNode word = WORDS.get(text);
    if (word != null) {
      return word;
    }
    return NUMERIC.matcher(text).matches() ? number(text) : MAKE.textNode(text);
  }

  /**
   * Returns the text of a scalar that is a key: for a fraction, the result of Go's {@code
   * strconv.FormatFloat(key, 'g', -1, 32)}.
   */
  static String key(JsonNode scalar) {
    if (!scalar.isNumber() || scalar.isIntegralNumber()) {
      return scalar.asText();
    }
    if (Float.isInfinite(scalar.floatValue())) {
      return scalar.floatValue() > 0 ? "+Inf" : "-Inf";
    }
    BigDecimal value = new BigDecimal(Float.toString(scalar.floatValue())).stripTrailingZeros();
    int exponent = value.precision() - value.scale() - 1;
    if (exponent >= -4 && exponent < 6) {
      return value.toPlainString();
    }
    String digits = value.unscaledValue().abs().toString();
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return "%s%s%se%s%02d"
        .formatted(
            value.signum() < 0 ? "-" : "",
            digits.charAt(0),
            fraction,
            exponent < 0 ? "-" : "+",
            Math.abs(exponent));
  }

  private static JsonNode number(String text) {
    String digits = text.replace("_", "");
    if (INTEGER.matcher(digits).matches() && significant(digits) <= LONGEST) {
      BigInteger value = integer(digits);
      if (value.compareTo(LEAST) >= 0 && value.compareTo(MOST) <= 0) {
        return ofInteger(value);
      }
    }
    return DECIMAL.matcher(digits).matches() ? decimal(digits) : MAKE.textNode(text);
  }

  /** Returns the number of digits without zeros at the start. */
  private static int significant(String digits) {
    int at = 0;
    while (at < digits.length() && "+-0xXoObB".indexOf(digits.charAt(at)) >= 0) {
      at++;
    }
    return digits.length() - at;
  }

  private static BigInteger integer(String digits) {
    boolean negative = digits.startsWith("-");
    String unsigned = negative || digits.startsWith("+") ? digits.substring(1) : digits;
    int radix = 10;
    String value = unsigned;
    if (unsigned.length() > 1 && unsigned.startsWith("0")) {
      char base = Character.toLowerCase(unsigned.charAt(1));
      radix = base == 'x' ? 16 : base == 'b' ? 2 : 8;
      value = unsigned.substring(base == 'x' || base == 'b' || base == 'o' ? 2 : 1);
    }
    BigInteger parsed = new BigInteger(value, radix);
    return negative ? parsed.negate() : parsed;
  }

  private static JsonNode ofInteger(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return MAKE.numberNode(value.intValue());
    }
    return value.bitLength() < Long.SIZE
        ? MAKE.numberNode(value.longValue())
        : MAKE.numberNode(value);
  }

  /**
   * Returns a decimal number; a whole one as an integer, because JSON in Go treats 1.0 and 1 alike.
   */
  private static JsonNode decimal(String digits) {
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      return MAKE.textNode(digits);
    }
    BigDecimal exact = BigDecimal.valueOf(value);
    if (value == Math.rint(value) && Math.abs(value) < 1e18) {
      return ofInteger(exact.toBigInteger());
    }
    return MAKE.numberNode(exact);
  }
}
