package io.rwopguard.certificates;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The {@code caBundle} of one webhook that names the service.
 *
 * @param configuration the object that the webhook stands in, as {@code resource/name}
 * @param resourceVersion the version of that object in which it was read
 * @param index the webhook's place in the object
 * @param text what the bundle holds; empty if it is not set
 */
record CaBundle(String configuration, String resourceVersion, int index, String text) {

  /** Its certificates; none if it holds anything else. */
  List<X509Certificate> cas() {
    return parse().orElse(List.of());
  }

  /** Whether it holds these certificates and nothing else, whatever their order. */
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
