package io.rwopguard.management;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the bearer token of a request (RFC 6750, section 2.1). */
final class BearerToken {

  private static final int LONGEST = 16 << 10;
  private static final Pattern HEADER =
      Pattern.compile("[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*) *");

  private BearerToken() {}

  /**
   * Returns the token of the only header, if it has the form of one.
   *
   * @param headers all headers {@code Authorization} of a request
   */
  static Optional<String> of(List<String> headers) {
    // two could mean one thing to this service, and another to a proxy before it
    if (headers.size() != 1 || headers.get(0).length() > LONGEST) {
      return Optional.empty();
    }
    Matcher header = HEADER.matcher(headers.get(0));
    return header.matches() ? Optional.of(header.group(1)) : Optional.empty();
  }
}
