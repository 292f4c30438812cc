package io.rwopguard.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.certificates.CertificatePlanner.Plan;
import io.rwopguard.certificates.CertificatePlanner.Step;
import io.rwopguard.certificates.StoredCertificates.KeyMove;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CertificatePlannerTest {

  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration CA = Duration.ofDays(730);
  private static final Duration CERTIFICATE = Duration.ofDays(90);
  private static final Duration OVERLAP = Duration.ofMinutes(1);
  private static final Set<String> NAMES = CertificateIssuer.namesOf("rwop-guard", "guards");

  private final CertificatePlanner planner =
      new CertificatePlanner(CA, CERTIFICATE, OVERLAP, NAMES);
  private final CertificateIssuer maker = new CertificateIssuer(CA, CERTIFICATE, NAMES);

  /** Without anything known of how long a CA has stood where. */
  private Plan plan(StoredCertificates stored, List<CaBundle> bundles, Instant now) {
    return planner.plan(stored, bundles, Optional.empty(), now);
  }

  private static CaBundle bundle(String text) {
    return new CaBundle("validatingwebhookconfigurations/rwop-guard", "1", 0, text);
  }

  private static CaBundle bundle(List<X509Certificate> cas) {
    return bundle(Pem.of(cas));
  }

  /** Returns the state after a first start. */
  private StoredCertificates installed(Instant now) {
    StoredCertificates stored = StoredCertificates.NONE;
    for (int step = 0; step < 2; step++) {
      stored = maker.carryOut(plan(stored, List.of(), now), stored, now);
    }
    assertThat(stored.serving()).isPresent();
    return stored;
  }

  /** Returns the state just after a renewal of the CA. */
  private StoredCertificates withNewCa(StoredCertificates stored, Instant now) {
    Plan plan = plan(stored, List.of(bundle(stored.cas())), now);
    assertThat(plan.step()).isEqualTo(Step.MAKE_CA);
    return maker.carryOut(plan, stored, now);
  }

  @Test
  void an_empty_secret_gets_a_ca_and_then_a_certificate_without_a_pause() {
    Plan first = plan(StoredCertificates.NONE, List.of(bundle("")), START);
    assertThat(first.step()).isEqualTo(Step.MAKE_CA);
    assertThat(first.stale()).isEmpty();

    StoredCertificates stored = maker.carryOut(first, StoredCertificates.NONE, START);
    Plan second = plan(stored, List.of(bundle("")), START);
    assertThat(second.step()).isEqualTo(Step.SIGN_CERTIFICATE);
    assertThat(second.stale()).hasSize(1);

    stored = maker.carryOut(second, stored, START);
    Plan third = plan(stored, List.of(bundle(stored.cas())), START);
    assertThat(third.step()).isEqualTo(Step.NOTHING);
    assertThat(third.stale()).isEmpty();
    assertThat(third.next()).isEqualTo(START.plus(Duration.ofDays(60)));
    assertThat(stored.serving().orElseThrow().end()).isEqualTo(START.plus(CERTIFICATE));
  }

  @Test
  void reads_what_it_has_written() {
    StoredCertificates stored = installed(START);

    assertThat(StoredCertificates.read(stored.servingData(), stored.authorityData()))
        .isEqualTo(stored);
    assertThat(stored.toString()).doesNotContain("PRIVATE");
  }

  @Test
  void a_certificate_is_renewed_by_the_same_ca_when_a_third_of_its_life_is_left() {
    StoredCertificates stored = installed(START);
    List<CaBundle> bundles = List.of(bundle(stored.cas()));

    Instant due = START.plus(Duration.ofDays(60));
    assertThat(plan(stored, bundles, due.minusSeconds(1)).step()).isEqualTo(Step.NOTHING);
    Plan plan = plan(stored, bundles, due);
    assertThat(plan.step()).isEqualTo(Step.SIGN_CERTIFICATE);

    StoredCertificates renewed = maker.carryOut(plan, stored, due);
    assertThat(renewed.cas()).isEqualTo(stored.cas());
    assertThat(renewed.serving()).isNotEqualTo(stored.serving());
  }

  @Test
  void recreates_what_lives_longer_than_is_set_now() {
    StoredCertificates stored = installed(START);
    List<CaBundle> bundles = List.of(bundle(stored.cas()));

    CertificatePlanner shorter = new CertificatePlanner(CA, Duration.ofDays(30), OVERLAP, NAMES);
    assertThat(shorter.plan(stored, bundles, Optional.empty(), START).step())
        .isEqualTo(Step.SIGN_CERTIFICATE);
    CertificatePlanner shorterCa =
        new CertificatePlanner(Duration.ofDays(365), CERTIFICATE, OVERLAP, NAMES);
    Plan plan = shorterCa.plan(stored, bundles, Optional.empty(), START);
    assertThat(plan.step()).isEqualTo(Step.MAKE_CA);
    // the old one stays trusted
    assertThat(maker.carryOut(plan, stored, START).cas()).hasSize(2).containsAll(stored.cas());

    // created by a replica whose clock is five minutes ahead
    assertThat(plan(stored, bundles, START.minusSeconds(300)).step()).isEqualTo(Step.NOTHING);
  }

  @Test
  void a_new_ca_signs_only_after_it_has_stood_in_every_bundle_for_the_overlap() {
    StoredCertificates old = installed(START);
    Instant due = START.plus(CA.multipliedBy(2).dividedBy(3)).plusSeconds(1);
    StoredCertificates stored = withNewCa(old, due);
    assertThat(stored.cas()).hasSize(2).containsAll(old.cas());

    // the certificate is long due as well, and waits
    Plan writes = plan(stored, List.of(bundle(old.cas())), due);
    assertThat(writes.step()).isEqualTo(Step.NOTHING);
    assertThat(writes.stale()).hasSize(1);
    assertThat(writes.trusted()).isEqualTo(stored.cas());

    List<CaBundle> bundles = List.of(bundle(stored.cas()));
    Instant over = due.plus(OVERLAP);
    Plan waits = planner.plan(stored, bundles, Optional.of(due), over.minusMillis(1));
    assertThat(waits.step()).isEqualTo(Step.NOTHING);
    assertThat(waits.next()).isEqualTo(over);
    Plan signs = planner.plan(stored, bundles, Optional.of(due), over);
    assertThat(signs.step()).isEqualTo(Step.SIGN_CERTIFICATE);
    assertThat(maker.carryOut(signs, stored, over).isServingOfSigner()).isTrue();
  }

  @Test
  void an_old_ca_is_trusted_to_its_end_and_no_longer() {
    StoredCertificates old = installed(START);
    StoredCertificates stored = withNewCa(old, START.plus(Duration.ofDays(500)));
    List<CaBundle> bundles = List.of(bundle(stored.cas()));
    Instant end = START.plus(CA);

    assertThat(plan(stored, bundles, end.minusSeconds(1)).trusted()).containsAll(old.cas());
    assertThat(plan(stored, bundles, end).trusted()).doesNotContainAnyElementsOf(old.cas());
    assertThat(plan(stored, bundles, end).stale()).isEqualTo(bundles);
  }

  @Test
  void a_bundle_that_holds_anything_else_is_written_back() {
    StoredCertificates stored = installed(START);
    CaBundle good = bundle(stored.cas());
    CaBundle empty = bundle("");
    CaBundle nonsense = bundle("-----BEGIN CERTIFICATE-----\nhalf");
    CaBundle foreign = bundle(installed(START).cas());

    Plan plan = plan(stored, List.of(good, empty, nonsense, foreign), START);

    assertThat(plan.stale()).containsExactly(empty, nonsense, foreign);
    assertThat(plan.step()).isEqualTo(Step.NOTHING);
  }

  @Test
  void keeps_trust_in_certificates_that_replicas_still_use_after_the_secret_is_lost() {
    StoredCertificates lost = installed(START);
    List<CaBundle> bundles = List.of(bundle(lost.cas()));

    Plan plan = plan(StoredCertificates.NONE, bundles, START);
    StoredCertificates stored = maker.carryOut(plan, StoredCertificates.NONE, START);

    assertThat(plan.step()).isEqualTo(Step.MAKE_CA);
    assertThat(stored.cas()).hasSize(2).containsAll(lost.cas());
    // and nothing of the new CA is used before it is known everywhere
    assertThat(plan(stored, bundles, START).step()).isEqualTo(Step.NOTHING);
  }

  @Test
  void replaces_and_reports_what_cannot_be_used() {
    StoredCertificates good = installed(START);
    StoredCertificates other = installed(START);
    Map<String, String> data = new HashMap<>(good.servingData());
    data.put("tls.key", other.servingData().get("tls.key"));
    StoredCertificates mixed = StoredCertificates.read(data, good.authorityData());
    assertThat(mixed.problems())
        .containsExactly("tls.crt and tls.key: the key does not belong to the certificate");
    assertThat(plan(mixed, List.of(bundle(good.cas())), START).step())
        .isEqualTo(Step.SIGN_CERTIFICATE);

    data.put("ca.key", "nonsense");
    data.put("ca.crt", "\u0000\u0001");
    StoredCertificates nonsense = StoredCertificates.read(data, Map.of());
    assertThat(nonsense.problems()).hasSize(3);
    assertThat(plan(nonsense, List.of(), START).step()).isEqualTo(Step.MAKE_CA);
  }

  @Test
  void the_key_of_the_ca_is_not_where_replicas_read_it() {
    StoredCertificates stored = installed(START);
    assertThat(stored.servingData()).containsOnlyKeys("ca.crt", "tls.crt", "tls.key");
    assertThat(stored.authorityData()).containsOnlyKeys("ca.crt", "ca.key");

    StoredCertificates answering = StoredCertificates.read(stored.servingData());
    assertThat(answering.serving()).isEqualTo(stored.serving());
    assertThat(answering.signer()).isEmpty();
    assertThat(answering.problems()).isEmpty();
    assertThat(answering.caOfServing()).contains(stored.cas().get(0));
  }

  @Test
  void a_key_of_an_earlier_version_is_copied_before_it_is_removed() {
    StoredCertificates stored = installed(START);
    Map<String, String> authority = new HashMap<>();
    Map<String, String> serving = new HashMap<>(stored.servingData());
    serving.put("ca.key", stored.authorityData().get("ca.key"));

    assertThat(StoredCertificates.keyMove(serving, authority)).isEqualTo(KeyMove.COPY);
    StoredCertificates read = StoredCertificates.read(serving, authority);
    assertThat(read).isEqualTo(stored);
    authority.putAll(read.authorityData());
    assertThat(StoredCertificates.keyMove(serving, authority)).isEqualTo(KeyMove.REMOVE);
    serving.remove("ca.key");
    assertThat(StoredCertificates.keyMove(serving, authority)).isEqualTo(KeyMove.NONE);
    assertThat(StoredCertificates.read(serving, authority)).isEqualTo(stored);
  }

  @Test
  void a_key_of_an_earlier_version_that_cannot_be_used_goes_once_there_is_another() {
    StoredCertificates stored = installed(START);
    Map<String, String> serving = new HashMap<>(stored.servingData());
    serving.put("ca.key", "nonsense");

    assertThat(StoredCertificates.keyMove(serving, Map.of())).isEqualTo(KeyMove.NONE);
    assertThat(StoredCertificates.keyMove(serving, stored.authorityData()))
        .isEqualTo(KeyMove.REMOVE);
  }

  @Test
  void a_certificate_for_other_names_is_replaced() {
    StoredCertificates stored = installed(START);
    CertificatePlanner renamed =
        new CertificatePlanner(CA, CERTIFICATE, OVERLAP, CertificateIssuer.namesOf("other", "ns"));

    Plan plan = renamed.plan(stored, List.of(bundle(stored.cas())), Optional.empty(), START);

    assertThat(plan.step()).isEqualTo(Step.SIGN_CERTIFICATE);
    assertThat(plan.reason()).contains("other names");
  }

  @Test
  void a_ca_stands_only_since_the_last_time_it_was_missing_anywhere() {
    StoredCertificates stored = installed(START);
    List<CaBundle> both = List.of(bundle(stored.cas()), bundle(stored.cas()));
    CaPropagation standing = new CaPropagation();

    standing.see(both, START);
    standing.see(both, START.plusSeconds(5));
    assertThat(standing.since(stored.signer())).contains(START);

    standing.see(List.of(bundle(stored.cas()), bundle("")), START.plusSeconds(6));
    assertThat(standing.since(stored.signer())).isEmpty();
    standing.see(both, START.plusSeconds(7));
    assertThat(standing.since(stored.signer())).contains(START.plusSeconds(7));
  }
}
