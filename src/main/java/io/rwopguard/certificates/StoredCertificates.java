package io.rwopguard.certificates;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The contents of the two Secrets: one holds the serving certificate, the other the CA's key, which
 * no process that answers API servers may read. Anything that cannot be used counts as absent, and
 * is a problem.
 *
 * @param cas the CAs to trust, the newest first
 * @param signer the CA whose key is stored, which is one of them
 * @param serving the serving certificate, which one of them signed
 * @param problems the reasons why stored contents cannot be used
 */
record StoredCertificates(
    List<X509Certificate> cas,
    Optional<CertificateAuthority> signer,
    Optional<CertificatePair> serving,
    List<String> problems) {

  static final StoredCertificates NONE =
      new StoredCertificates(List.of(), Optional.empty(), Optional.empty(), List.of());

  /**
   * The prefix of the names of all CAs. The rest is unique, so that no CA is mistaken for another.
   */
  static final String CA_NAME = "rwop-guard CA ";

  private static final String CAS = "ca.crt";
  static final String CA_KEY = "ca.key";
  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";

  StoredCertificates {
    cas = List.copyOf(cas);
    problems = List.copyOf(problems);
  }

  /**
   * Reads the contents of the Secret of the serving certificate, for a process that only answers.
   */
  static StoredCertificates read(Map<String, String> serving) {
    return read(serving, Map.of());
  }

  /**
   * Reads the contents of both Secrets. Earlier versions kept the CA's key beside the serving
   * certificate; it counts as long as the other Secret has none.
   */
  static StoredCertificates read(Map<String, String> serving, Map<String, String> authority) {
    List<String> problems = new ArrayList<>();
    List<X509Certificate> ofAuthority = cas(authority, problems);
    List<X509Certificate> ofServing = cas(serving, problems);
    Optional<CertificateAuthority> signer =
        signer(authority, ofAuthority, problems).or(() -> signer(serving, ofServing, problems));
    Optional<CertificatePair> pair = Optional.empty();
    try {
      if (has(serving, CERTIFICATE) || has(serving, KEY)) {
        pair = Optional.of(serving(ofServing, serving));
      }
    } catch (GeneralSecurityException e) {
      problems.add(CERTIFICATE + " and " + KEY + ": " + e.getMessage());
    }
    List<X509Certificate> cas =
        Stream.concat(ofAuthority.stream(), ofServing.stream()).distinct().toList();
    return new StoredCertificates(cas, signer, pair, problems);
  }

  /** The steps by which the CA's key leaves the Secret that every replica reads. */
  enum KeyMove {
    NONE,
    COPY,
    REMOVE
  }

  /**
   * Returns the next step for a CA's key that an earlier version kept beside the serving
   * certificate. The key is first copied, then removed, so that one of the Secrets always holds it.
   * A key that cannot be used stays until the next CA exists, and is removed then.
   */
  static KeyMove keyMove(Map<String, String> serving, Map<String, String> authority) {
    if (!has(serving, CA_KEY)) {
      return KeyMove.NONE;
    }
    if (read(Map.of(), authority).signer().isPresent()) {
      return KeyMove.REMOVE;
    }
    return read(serving, Map.of()).signer().isPresent() ? KeyMove.COPY : KeyMove.NONE;
  }

  private static List<X509Certificate> cas(Map<String, String> data, List<String> problems) {
    try {
      return has(data, CAS) ? cas(data.get(CAS)) : List.of();
    } catch (GeneralSecurityException e) {
      problems.add(CAS + ": " + e.getMessage());
      return List.of();
    }
  }

  private static Optional<CertificateAuthority> signer(
      Map<String, String> data, List<X509Certificate> cas, List<String> problems) {
    try {
      return has(data, CA_KEY)
          ? Optional.of(signer(cas, Pem.privateKey(data.get(CA_KEY))))
          : Optional.empty();
    } catch (GeneralSecurityException e) {
      problems.add(CA_KEY + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static boolean has(Map<String, String> data, String name) {
    return !data.getOrDefault(name, "").isBlank();
  }

  private static List<X509Certificate> cas(String text) throws GeneralSecurityException {
    List<X509Certificate> cas = Pem.certificates(text);
    for (X509Certificate ca : cas) {
      if (!isOurs(ca)) {
        throw new GeneralSecurityException(
            "a certificate that is not a CA of rwop-guard: " + ca.getSubjectX500Principal());
      }
    }
    return cas;
  }

  /** Returns whether a certificate looks like a CA that this service created. */
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

  /** Returns the same contents with a new CA to sign with, and these CAs to trust beside it. */
  StoredCertificates withCa(CertificateAuthority ca, List<X509Certificate> others) {
    List<X509Certificate> all = new ArrayList<>(List.of(ca.certificate()));
    all.addAll(others);
    return new StoredCertificates(all, Optional.of(ca), serving, List.of());
  }

  /** Returns the same contents with another serving certificate, and only these CAs to trust. */
  StoredCertificates withServing(CertificatePair pair, List<X509Certificate> trusted) {
    return new StoredCertificates(trusted, signer, Optional.of(pair), List.of());
  }

  /** Returns whether the CA whose key is stored signed the serving certificate. */
  boolean isServingOfSigner() {
    return serving.isPresent()
        && signer.isPresent()
        && CertificateAuthority.isSigned(serving.get().leaf(), signer.get().certificate());
  }

  /** Returns the CA that signed the serving certificate. */
  Optional<X509Certificate> caOfServing() {
    return serving.flatMap(
        pair ->
            cas.stream().filter(ca -> CertificateAuthority.isSigned(pair.leaf(), ca)).findFirst());
  }

  /**
   * Returns the contents of the Secret of the CA's key. They include the CAs, so that a write
   * changes both or neither.
   */
  Map<String, String> authorityData() {
    return Map.of(CAS, Pem.of(cas), CA_KEY, signer.map(ca -> Pem.of(ca.key())).orElse(""));
  }

  /** Returns the contents of the Secret of the serving certificate. */
  Map<String, String> servingData() {
    return Map.of(
        CAS,
        Pem.of(cas),
        CERTIFICATE,
        serving.map(pair -> Pem.of(pair.chain())).orElse(""),
        KEY,
        serving.map(pair -> Pem.of(pair.key())).orElse(""));
  }

  /** Returns a text without a key. */
  @Override
  public String toString() {
    return "%d CAs, %s".formatted(cas.size(), serving);
  }
}
