package io.rwopguard.server;

import io.rwopguard.log.RateLimitedLog;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.jboss.logging.Logger;

/**
 * Trusts the clients that another trust manager trusts and whose certificate has one of some common
 * names, as kube-apiserver's {@code --requestheader-allowed-names} does. It is asked once for a
 * connection, before the first request.
 */
final class NamedClients extends X509ExtendedTrustManager {

  private static final RateLimitedLog LOG =
      new RateLimitedLog(
          Logger.getLogger("io.rwopguard.admission"), "callers without a trusted certificate", 20);

  private final X509ExtendedTrustManager issuers;
  private final Set<String> names;

  /**
   * Creates a trust manager.
   *
   * @param names the common names; any if there are none
   */
  NamedClients(X509ExtendedTrustManager issuers, Set<String> names) {
    this.issuers = issuers;
    this.names = names;
  }

  /** Asks the other trust manager. */
  private interface Check {
    void run() throws CertificateException;
  }

  private void check(X509Certificate[] chain, Check check) throws CertificateException {
    try {
      check.run();
      List<String> found = commonNames(chain[0]);
      // of several, all: which one counts differs between programs
      if (!names.isEmpty() && (found.isEmpty() || !names.containsAll(found))) {
        throw new CertificateException(
            "its common name %s is not in rwop-guard.clients.names".formatted(found));
      }
    } catch (CertificateException e) {
      LOG.warnf(
          "refused the client certificate of %s: %s",
          AdmissionLog.printable(chain[0].getSubjectX500Principal().getName()),
          AdmissionLog.printable(String.valueOf(e.getMessage())));
      throw e;
    }
  }

  private static List<String> commonNames(X509Certificate certificate) {
    X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    // an RDN may have several attributes, in any order
    return Arrays.stream(subject.getRDNs())
        .flatMap(rdn -> Arrays.stream(rdn.getTypesAndValues()))
        .filter(attribute -> attribute.getType().equals(BCStyle.CN))
        .map(AttributeTypeAndValue::getValue)
        .filter(ASN1String.class::isInstance)
        .map(value -> ((ASN1String) value).getString())
        .toList();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain, () -> issuers.checkClientTrusted(chain, type));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain, () -> issuers.checkClientTrusted(chain, type, socket));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain, () -> issuers.checkClientTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw notAServer();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw notAServer();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw notAServer();
  }

  private static CertificateException notAServer() {
    return new CertificateException("this trust manager is for clients");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return issuers.getAcceptedIssuers();
  }
}
