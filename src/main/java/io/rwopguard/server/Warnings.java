package io.rwopguard.server;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Splits messages into warnings of the length that Kubernetes asks for (k8s.io/api/admission/v1
 * AdmissionResponse: 120 characters; the API server cuts longer ones if there are many). Nothing is
 * omitted: a message continues in the next warning, and no name is ever split.
 */
final class Warnings {

  static final int LONGEST = 120;
  private static final String MORE = " ...";
  private static final String GOES_ON = "... ";

  private Warnings() {}

  static Stream<String> of(String message) {
    List<String> lines = new ArrayList<>();
    String rest = message;
    while (rest.length() > LONGEST) {
      int end = end(rest);
      if (end == rest.length()) {
        break;
      }
      lines.add(rest.substring(0, end) + MORE);
      rest = GOES_ON + rest.substring(end + 1);
    }
    lines.add(rest);
    return lines.stream();
  }

  /**
   * Returns the space to split at: the one behind the last clause that fits, if that is not too
   * early. Otherwise it is the last one that fits or, after a very long name, the next one.
   */
  private static int end(String text) {
    int most = LONGEST - MORE.length();
    int clause = text.lastIndexOf("; ", most - 1) + 1;
    if (clause > LONGEST / 2) {
      return clause;
    }
    int space = text.lastIndexOf(' ', most);
    if (space >= GOES_ON.length()) {
      return space;
    }
    int next = text.indexOf(' ', most);
    return next < 0 ? text.length() : next;
  }
}
