package io.rwopguard.certificates;

import io.rwopguard.certificates.CertificatePlanner.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.bouncycastle.asn1.x509.GeneralName;

/** Issues what a plan requires. */
final class CertificateIssuer {

  private final Duration caLifetime;
  private final Duration certificateLifetime;
  private final List<GeneralName> names;

  CertificateIssuer(Duration caLifetime, Duration certificateLifetime, Set<String> names) {
    this.caLifetime = caLifetime;
    this.certificateLifetime = certificateLifetime;
    this.names =
        names.stream().sorted().map(name -> new GeneralName(GeneralName.dNSName, name)).toList();
  }

  /** Returns the names by which clients in the cluster call a Service. */
  static Set<String> namesOf(String service, String namespace) {
    String inNamespace = service + "." + namespace;
    return Set.of(service, inNamespace, inNamespace + ".svc", inNamespace + ".svc.cluster.local");
  }

  /** Returns what the Secrets should hold after the step. */
  StoredCertificates carryOut(Plan plan, StoredCertificates stored, Instant now) {
    return switch (plan.step()) {
      case NOTHING -> stored;
      case MAKE_CA ->
          stored.withCa(
              CertificateAuthority.make(
                  StoredCertificates.CA_NAME + UUID.randomUUID(), now, caLifetime),
              plan.trusted());
      case SIGN_CERTIFICATE ->
          stored.withServing(
              stored.signer().orElseThrow().sign(names, now, certificateLifetime), plan.trusted());
    };
  }
}
