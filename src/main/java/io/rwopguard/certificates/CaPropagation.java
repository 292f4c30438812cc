package io.rwopguard.certificates;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tracks since when each CA has been in every {@code caBundle}, as far as this replica observed it.
 * It is not stored: a replica that has just started waits for the overlap once more, which costs
 * only time.
 */
final class CaPropagation {

  private final Map<X509Certificate, Instant> since = new HashMap<>();

  /** Records what the bundles hold now. */
  void see(List<CaBundle> bundles, Instant now) {
    List<List<X509Certificate>> all = bundles.stream().map(CaBundle::cas).toList();
    since.keySet().removeIf(ca -> !all.stream().allMatch(cas -> cas.contains(ca)));
    all.stream()
        .flatMap(List::stream)
        .filter(ca -> all.stream().allMatch(cas -> cas.contains(ca)))
        .forEach(ca -> since.putIfAbsent(ca, now));
  }

  Optional<Instant> since(Optional<CertificateAuthority> ca) {
    return ca.map(CertificateAuthority::certificate).map(since::get);
  }
}
