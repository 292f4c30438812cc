package io.rwopguard.tracing;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The trace that a caller says its request belongs to, by the headers of W3C Trace Context. Anyone
 * may have sent them, so a malformed or a long one counts as none.
 *
 * @param traceparent empty if there is none
 * @param tracestate empty if there is none
 */
public record CallerContext(String traceparent, String tracestate) {

  static final String TRACEPARENT = "traceparent";
  static final String TRACESTATE = "tracestate";

  /** A request that belongs to no trace yet. */
  public static final CallerContext NONE = new CallerContext("", "");

  /** The form of version 00, W3C Trace Context 3.2.2. Later versions begin in the same way. */
  private static final Pattern FORM =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  /** The length that W3C Trace Context 3.3.1.5 asks everyone to accept. */
  private static final int LONGEST_STATE = 512;

  /**
   * Reads the headers.
   *
   * @param headers returns all values of a header
   */
  public static CallerContext of(Function<String, List<String>> headers) {
    String parent = single(headers.apply(TRACEPARENT));
    if (!FORM.matcher(parent).matches()) {
      return NONE;
    }
    String state = single(headers.apply(TRACESTATE));
    return new CallerContext(parent, state.length() > LONGEST_STATE ? "" : state);
  }

  private static String single(List<String> values) {
    return values.size() == 1 ? values.get(0) : "";
  }
}
