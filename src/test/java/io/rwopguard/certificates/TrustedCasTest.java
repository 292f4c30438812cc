package io.rwopguard.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.certificates.CertificatePlanner.Plan;
import io.rwopguard.certificates.CertificatePlanner.Step;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which CAs a plan trusts, and when it creates another. */
class TrustedCasTest {

  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration CA = Duration.ofDays(730);
  private static final Duration CERTIFICATE = Duration.ofDays(90);
  private static final Set<String> NAMES = CertificateIssuer.namesOf("rwop-guard", "guards");

  private final CertificatePlanner planner =
      new CertificatePlanner(CA, CERTIFICATE, Duration.ofMinutes(1), NAMES);
  private final CertificateIssuer issuer = new CertificateIssuer(CA, CERTIFICATE, NAMES);

  private Plan plan(StoredCertificates stored, Instant now) {
    return planner.plan(stored, List.of(), Optional.empty(), now);
  }

  private StoredCertificates installed() {
    StoredCertificates stored = StoredCertificates.NONE;
    for (int step = 0; step < 2; step++) {
      stored = issuer.carryOut(plan(stored, START), stored, START);
    }
    return stored;
  }

  @Test
  void keeps_the_ca_that_signs_when_more_cas_than_it_trusts_end_later() {
    StoredCertificates stored = installed();
    List<X509Certificate> cas = new ArrayList<>();
    for (int number = 1; number <= 10; number++) {
      String name = StoredCertificates.CA_NAME + number;
      cas.add(CertificateAuthority.make(name, START.plusSeconds(60L * number), CA).certificate());
    }
    cas.addAll(stored.cas());

    Plan plan =
        plan(
            new StoredCertificates(cas, stored.signer(), stored.serving(), List.of()),
            START.plusSeconds(3600));

    assertThat(plan.trusted())
        .hasSize(10)
        .startsWith(stored.cas().get(0))
        .doesNotContain(cas.get(0));
    assertThat(plan.step()).isEqualTo(Step.NOTHING);
  }

  @Test
  void says_why_it_creates_a_ca() {
    assertThat(plan(StoredCertificates.NONE, START).reason())
        .isEqualTo("the Secret holds no usable CA");
    assertThat(plan(installed(), START.plus(CA)).reason()).isEqualTo("it has ended");
  }
}
