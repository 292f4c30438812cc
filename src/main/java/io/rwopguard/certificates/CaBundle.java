package io.rwopguard.certificates;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The {@code caBundle} of one webhook that names the service.
 *
 * @param configuration the object that contains the webhook, as {@code resource/name}
 * @param resourceVersion the version of that object that was read
 * @param index the position of the webhook in the object
 * @param text the decoded bundle; empty if it is not set
 */
record CaBundle(String configuration, String resourceVersion, int index, String text) {

  /** Returns its certificates; none if it holds anything else. */
  List<X509Certificate> cas() {
    return parse().orElse(List.of());
  }

  /** Returns whether it holds these certificates and nothing else, in any order. */
  boolean holdsExactly(List<X509Certificate> wanted) {
    return parse()
        .filter(cas -> cas.size() == wanted.size() && cas.containsAll(wanted))
        .isPresent();
  }

  private Optional<List<X509Certificate>> parse() {
    try {
      return text.isBlank() ? Optional.empty() : Optional.of(Pem.certificates(text));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }
}
