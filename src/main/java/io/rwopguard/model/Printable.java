package io.rwopguard.model;

import java.util.regex.Pattern;

/** Makes texts that other people wrote printable in messages. */
public final class Printable {

  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\x{2028}\\x{2029}]");

  private Printable() {}

  /**
   * Returns the text as one line without control characters. Those would forge lines of a report,
   * and a terminal would execute them.
   */
  public static String line(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }

  /** Returns the first characters of a text, and whether there are more. */
  public static String beginning(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(most - 1));
    return text.substring(0, splits ? most - 1 : most) + "...";
  }
}
