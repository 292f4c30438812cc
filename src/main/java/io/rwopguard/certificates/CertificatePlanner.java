package io.rwopguard.certificates;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Plans what to do about certificates. It keeps two promises. A certificate is only used once its
 * CA has been in every {@code caBundle} for the overlap. A CA is only removed from them at its own
 * end, which none of its certificates outlives. So API servers trust every certificate that a
 * replica may still answer with.
 */
final class CertificatePlanner {

  /**
   * Upper bound on trusted CAs, far above what rotation leaves, so that conflicting writers cannot
   * grow the bundles without limit.
   */
  private static final int MOST_CAS = 10;

  /** The number of a DNS name in a GeneralName. */
  private static final int DNS_NAME = 2;

  /** The changes to the Secrets. */
  enum Step {
    NOTHING,
    MAKE_CA,
    SIGN_CERTIFICATE
  }

  /**
   * A plan.
   *
   * @param trusted the CAs that every {@code caBundle} should hold
   * @param stale the bundles that have to be written for this, before the step
   * @param next the time of the next evaluation, if nothing else happens
   * @param reason the reason for the step
   */
  record Plan(
      List<X509Certificate> trusted,
      List<CaBundle> stale,
      Step step,
      Instant next,
      String reason) {}

  private final Duration caLifetime;
  private final Duration certificateLifetime;
  private final Duration overlap;
  private final Set<String> names;

  CertificatePlanner(
      Duration caLifetime, Duration certificateLifetime, Duration overlap, Set<String> names) {
    this.caLifetime = caLifetime;
    this.certificateLifetime = certificateLifetime;
    this.overlap = overlap;
    this.names = Set.copyOf(names);
  }

  /**
   * Plans the next step.
   *
   * @param standing the time since which the CA that signs has been in all bundles without a break
   */
  Plan plan(
      StoredCertificates stored, List<CaBundle> bundles, Optional<Instant> standing, Instant now) {
    Optional<X509Certificate> signer = stored.signer().map(CertificateAuthority::certificate);
    List<X509Certificate> known = known(stored, bundles, now);
    if (signer.isEmpty() || !known.contains(signer.get())) {
      // the bundles stay as they are: replicas may still answer with what the Secret held
      String reason = signer.isEmpty() ? "the Secret holds no usable CA" : "it has ended";
      return new Plan(known, List.of(), Step.MAKE_CA, now, reason);
    }
    Instant caDue = due(signer.get(), caLifetime);
    if (!now.isBefore(caDue)) {
      return new Plan(
          known, List.of(), Step.MAKE_CA, now, "a third of the lifetime of the old one is left");
    }
    if (livesLongerThanSet(signer.get(), caLifetime, now)) {
      return new Plan(
          known, List.of(), Step.MAKE_CA, now, "the old one has a longer lifetime than is set");
    }
    List<CaBundle> stale = bundles.stream().filter(b -> !b.holdsExactly(known)).toList();
    Instant next =
        known.stream()
            .map(ca -> ca.getNotAfter().toInstant())
            .reduce(caDue, CertificatePlanner::earlier);
    Optional<String> reason = reasonToSign(stored, now);
    if (reason.isEmpty()) {
      Instant end = due(stored.serving().orElseThrow().leaf(), certificateLifetime);
      return new Plan(known, stale, Step.NOTHING, earlier(next, end), "");
    }
    Instant allowed = allowed(stored, known, bundles, standing, now);
    return now.isBefore(allowed)
        ? new Plan(known, stale, Step.NOTHING, earlier(next, allowed), "")
        : new Plan(known, stale, Step.SIGN_CERTIFICATE, now, reason.get());
  }

  /** Returns the CAs that may have signed a certificate in use. */
  private static List<X509Certificate> known(
      StoredCertificates stored, List<CaBundle> bundles, Instant now) {
    Optional<X509Certificate> signer = stored.signer().map(CertificateAuthority::certificate);
    // if the Secret was lost, the bundles still show what it held
    Stream<X509Certificate> lost =
        signer.isPresent()
            ? Stream.empty()
            : bundles.stream().flatMap(b -> b.cas().stream()).filter(StoredCertificates::isOurs);
    return Stream.concat(stored.cas().stream(), lost)
        .distinct()
        .filter(ca -> now.isBefore(ca.getNotAfter().toInstant()))
        .sorted(
            Comparator.comparing((X509Certificate ca) -> signer.filter(ca::equals).isPresent())
                .thenComparing(X509Certificate::getNotAfter)
                .reversed())
        .limit(MOST_CAS)
        .toList();
  }

  private Optional<String> reasonToSign(StoredCertificates stored, Instant now) {
    if (stored.serving().isEmpty()) {
      return Optional.of("there is none");
    }
    X509Certificate leaf = stored.serving().get().leaf();
    if (!names.equals(namesOf(leaf))) {
      return Optional.of("the old one is for other names");
    }
    if (livesLongerThanSet(leaf, certificateLifetime, now)) {
      return Optional.of("the old one has a longer lifetime than is set");
    }
    return now.isBefore(due(leaf, certificateLifetime))
        ? Optional.empty()
        : Optional.of("a third of the lifetime of the old one is left");
  }

  /** Returns the time from which a certificate of the CA that signs may be used. */
  private Instant allowed(
      StoredCertificates stored,
      List<X509Certificate> known,
      List<CaBundle> bundles,
      Optional<Instant> standing,
      Instant now) {
    boolean nobodyTrustsAnotherCa = known.size() == 1 || bundles.isEmpty();
    if (nobodyTrustsAnotherCa || stored.isServingOfSigner()) {
      return now;
    }
    return standing.orElse(now).plus(overlap);
  }

  /**
   * Returns whether the certificate was issued with a longer lifetime than is set. The tenth is for
   * a clock that was ahead of this one.
   */
  private static boolean livesLongerThanSet(
      X509Certificate certificate, Duration lifetime, Instant now) {
    Instant longest = now.plus(lifetime).plus(lifetime.dividedBy(10));
    return certificate.getNotAfter().toInstant().isAfter(longest);
  }

  /** Returns the time at which a third of its lifetime is left, by the lifetime that is set now. */
  private static Instant due(X509Certificate certificate, Duration lifetime) {
    return certificate.getNotAfter().toInstant().minus(lifetime.dividedBy(3));
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static Set<String> namesOf(X509Certificate leaf) {
    try {
      var names = leaf.getSubjectAlternativeNames();
      return names == null
          ? Set.of()
          : names.stream()
              .filter(name -> name.get(0).equals(DNS_NAME))
              .map(name -> (String) name.get(1))
              .collect(Collectors.toCollection(HashSet::new));
    } catch (CertificateParsingException e) {
      return Set.of();
    }
  }
}
