package io.rwopguard.certificates;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the Secret holds. Anything in it that cannot be used counts as not there, and is a problem.
 *
 * @param cas the CAs to trust, the newest first
 * @param signer the CA whose key is kept, which is one of them
 * @param serving the serving certificate, which one of them signed
 * @param problems what was found instead
 */
record StoredCertificates(
    List<X509Certificate> cas,
    Optional<CertificateAuthority> signer,
    Optional<CertificatePair> serving,
    List<String> problems) {

  static final StoredCertificates NONE =
      new StoredCertificates(List.of(), Optional.empty(), Optional.empty(), List.of());

  /** What every CA's name begins with; the rest is its own, so that no two are taken for one. */
  static final String CA_NAME = "rwop-guard CA ";

  private static final String CAS = "ca.crt";
  private static final String CA_KEY = "ca.key";
  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";

  StoredCertificates {
    cas = List.copyOf(cas);
    problems = List.copyOf(problems);
  }

  /** Reads what a Secret holds. */
  static StoredCertificates read(Map<String, String> data) {
    List<String> problems = new ArrayList<>();
    List<X509Certificate> cas = List.of();
    Optional<CertificateAuthority> signer = Optional.empty();
    Optional<CertificatePair> serving = Optional.empty();
    try {
      if (has(data, CAS)) {
        cas = cas(data.get(CAS));
      }
    } catch (GeneralSecurityException e) {
      problems.add(CAS + ": " + e.getMessage());
    }
    try {
      if (has(data, CA_KEY)) {
        signer = Optional.of(signer(cas, Pem.privateKey(data.get(CA_KEY))));
      }
    } catch (GeneralSecurityException e) {
      problems.add(CA_KEY + ": " + e.getMessage());
    }
    try {
      if (has(data, CERTIFICATE) || has(data, KEY)) {
        serving = Optional.of(serving(cas, data));
      }
    } catch (GeneralSecurityException e) {
      problems.add(CERTIFICATE + " and " + KEY + ": " + e.getMessage());
    }
    return new StoredCertificates(cas, signer, serving, problems);
  }

  private static boolean has(Map<String, String> data, String name) {
    return !data.getOrDefault(name, "").isBlank();
  }

  private static List<X509Certificate> cas(String text) throws GeneralSecurityException {
    List<X509Certificate> cas = Pem.certificates(text);
    for (X509Certificate ca : cas) {
      if (!isOurs(ca)) {
        throw new GeneralSecurityException(
            "a certificate that is no CA of rwop-guard: " + ca.getSubjectX500Principal());
      }
    }
    return cas;
  }

  /** Whether a certificate looks like a CA that this service has made. */
  static boolean isOurs(X509Certificate ca) {
    return ca.getSubjectX500Principal().getName().startsWith("CN=" + CA_NAME)
        && ca.getBasicConstraints() >= 0
        && CertificateAuthority.isSigned(ca, ca);
  }

  private static CertificateAuthority signer(List<X509Certificate> cas, PrivateKey key)
      throws GeneralSecurityException {
    for (X509Certificate ca : cas) {
      if (CertificatePair.belongTogether(ca.getPublicKey(), key)) {
        return new CertificateAuthority(ca, key);
      }
    }
    throw new GeneralSecurityException("belongs to no CA in " + CAS);
  }

  private static CertificatePair serving(List<X509Certificate> cas, Map<String, String> data)
      throws GeneralSecurityException {
    CertificatePair pair =
        CertificatePair.parse(data.getOrDefault(CERTIFICATE, ""), data.getOrDefault(KEY, ""));
    if (cas.stream().noneMatch(ca -> CertificateAuthority.isSigned(pair.leaf(), ca))) {
      throw new GeneralSecurityException("signed by no CA in " + CAS);
    }
    return pair;
  }

  /** The same with a new CA to sign with, and these to be trusted beside it. */
  StoredCertificates withCa(CertificateAuthority ca, List<X509Certificate> others) {
    List<X509Certificate> all = new ArrayList<>(List.of(ca.certificate()));
    all.addAll(others);
    return new StoredCertificates(all, Optional.of(ca), serving, List.of());
  }

  /** The same with another serving certificate, and only these CAs to be trusted. */
  StoredCertificates withServing(CertificatePair pair, List<X509Certificate> trusted) {
    return new StoredCertificates(trusted, signer, Optional.of(pair), List.of());
  }

  /** Whether the serving certificate is of the CA whose key is kept. */
  boolean isServingOfSigner() {
    return serving.isPresent()
        && signer.isPresent()
        && CertificateAuthority.isSigned(serving.get().leaf(), signer.get().certificate());
  }

  /** What the Secret is to hold. */
  Map<String, String> toData() {
    return Map.of(
        CAS,
        Pem.of(cas),
        CA_KEY,
        signer.map(ca -> Pem.of(ca.key())).orElse(""),
        CERTIFICATE,
        serving.map(pair -> Pem.of(pair.chain())).orElse(""),
        KEY,
        serving.map(pair -> Pem.of(pair.key())).orElse(""));
  }

  /** Never a key. */
  @Override
  public String toString() {
    return "%d CAs, %s".formatted(cas.size(), serving);
  }
}
