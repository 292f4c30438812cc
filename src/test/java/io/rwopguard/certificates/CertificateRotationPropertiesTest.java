package io.rwopguard.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.certificates.CertificatePlanner.Plan;
import io.rwopguard.certificates.CertificatePlanner.Step;
import io.rwopguard.certificates.SimulatedCluster.Which;
import io.rwopguard.certificates.StoredCertificates.KeyMove;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs two replicas that both may believe they are the leader. Plans are carried out late, writes
 * are lost or unanswered, replicas restart or are slow, and people meddle. Every API server trusts
 * what a replica answers with, if it is late by no more than the overlap.
 */
@Execution(ExecutionMode.CONCURRENT)
class CertificateRotationPropertiesTest {

  private static final Duration CA = Duration.ofMinutes(15);
  private static final Duration CERTIFICATE = Duration.ofMinutes(5);
  private static final Duration OVERLAP = Duration.ofSeconds(20);
  private static final Duration LATEST = OVERLAP;
  private static final int SLOWEST_REPLICA_SECONDS = 30;
  private static final Set<String> NAMES = Set.of("rwop-guard");
  private static final int SEEDS = Integer.getInteger("rotation.seeds", 12);

  private final CertificatePlanner planner =
      new CertificatePlanner(CA, CERTIFICATE, OVERLAP, NAMES);
  private final CertificateIssuer maker = new CertificateIssuer(CA, CERTIFICATE, NAMES);
  private final SimulatedCluster cluster = new SimulatedCluster();
  private final List<CaPropagation> leaders = new ArrayList<>();
  private final List<Later> later = new ArrayList<>();
  private final List<Optional<CertificatePair>> serving = new ArrayList<>();
  private final Map<String, List<X509Certificate>> parsed = new HashMap<>();
  private final Map<String, Boolean> verified = new HashMap<>();
  private int cas;
  private int certificates;

  /** Something that happens at its time. */
  private record Later(Instant at, Consumer<Instant> what) {}

  static List<Long> seeds() {
    return new Random(20261123).longs(SEEDS).boxed().toList();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatever_a_replica_answers_with_is_trusted_and_has_not_ended(long seed) throws Exception {
    run(seed, false);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatever_a_replica_answers_with_is_trusted_while_people_meddle(long seed) throws Exception {
    run(seed, true);
  }

  private void run(long seed, boolean meddle) throws Exception {
    Random dice = new Random(seed);
    leaders.addAll(List.of(new CaPropagation(), new CaPropagation()));
    for (int replica = 0; replica < 3; replica++) {
      serving.add(Optional.empty());
    }
    Instant now = Instant.parse("2026-11-23T12:00:00Z");
    Instant end = now.plusSeconds(3000);
    while (now.isBefore(end)) {
      happenUntil(now);
      if (meddle) {
        meddle(dice);
      }
      if (dice.nextInt(50) == 0) {
        // a leader that has restarted knows nothing of how long a CA has stood where
        leaders.set(dice.nextInt(2), new CaPropagation());
      }
      if (dice.nextInt(10) > 0) {
        look(dice.nextInt(5) == 0 ? 1 : 0, dice, now);
      }
      everythingServedIsTrusted(seed, now, meddle);
      now = now.plusMillis(500 + dice.nextInt(12_000));
      if (!meddle) {
        assertThat(cluster.secret(Which.SERVING)).doesNotContainKey("ca.key");
      }
    }
    assertThat(cas).as("CAs made").isGreaterThan(3);
    assertThat(certificates).as("certificates made").isGreaterThan(8);
  }

  private void happenUntil(Instant now) {
    for (Later due : later.stream().filter(l -> !l.at().isAfter(now)).toList()) {
      later.remove(due);
      due.what().accept(now);
    }
  }

  private void meddle(Random dice) {
    int what = dice.nextInt(100);
    if (what == 0) {
      cluster.overwrite(dice.nextBoolean() ? Which.SERVING : Which.AUTHORITY, Map.of());
    } else if (what == 3) {
      cluster.overwrite(Which.SERVING, Map.of());
      cluster.overwrite(Which.AUTHORITY, Map.of());
    } else if (what == 4) {
      cluster.mergeAsEarlierVersion();
    } else if (what == 1) {
      cluster.spoilKey();
    } else if (what == 2) {
      cluster.overwrite(dice.nextInt(3), dice.nextBoolean() ? "" : "nonsense");
    }
  }

  /** A look as CertificateRotation takes it; what comes of it may come late. */
  private void look(int leader, Random dice, Instant now) {
    List<CaBundle> bundles = cluster.bundles();
    int servingVersion = cluster.version(Which.SERVING);
    int authorityVersion = cluster.version(Which.AUTHORITY);
    Map<String, String> servingData = cluster.secret(Which.SERVING);
    Map<String, String> authorityData = cluster.secret(Which.AUTHORITY);
    StoredCertificates stored = cluster.stored();
    KeyMove move = StoredCertificates.keyMove(servingData, authorityData);
    if (move == KeyMove.COPY) {
      cluster.write(Which.AUTHORITY, authorityVersion, stored.authorityData(), "");
      return;
    }
    if (move == KeyMove.REMOVE) {
      cluster.write(Which.SERVING, servingVersion, Map.of(), "ca.key");
      return;
    }
    leaders.get(leader).see(bundles, now);
    Plan plan = planner.plan(stored, bundles, leaders.get(leader).since(stored.signer()), now);
    if (plan.step() == Step.NOTHING && plan.stale().isEmpty()) {
      return;
    }
    Instant at = dice.nextInt(8) == 0 ? now.plusSeconds(dice.nextInt(60)) : now;
    int fate = dice.nextInt(10);
    Consumer<Instant> write =
        when -> write(plan, stored, servingVersion, authorityVersion, fate, when, dice);
    if (at.isAfter(now)) {
      later.add(new Later(at, write));
    } else {
      write.accept(now);
    }
  }

  private void write(
      Plan plan,
      StoredCertificates stored,
      int servingVersion,
      int authorityVersion,
      int fate,
      Instant at,
      Random dice) {
    for (CaBundle bundle : plan.stale()) {
      // lost, or refused: the rest of the look is given up
      if (fate == 0 || !cluster.write(bundle, Pem.of(plan.trusted()), at)) {
        return;
      }
      if (fate == 1) {
        return;
      }
    }
    if (fate == 2 || plan.step() == Step.NOTHING) {
      return;
    }
    StoredCertificates next = maker.carryOut(plan, stored, at);
    boolean written =
        plan.step() == Step.MAKE_CA
            ? cluster.write(Which.AUTHORITY, authorityVersion, next.authorityData(), "")
            : cluster.write(Which.SERVING, servingVersion, next.servingData(), "");
    if (written) {
      cas += plan.step() == Step.MAKE_CA ? 1 : 0;
      certificates += plan.step() == Step.SIGN_CERTIFICATE ? 1 : 0;
      for (int replica = 0; replica < serving.size(); replica++) {
        int which = replica;
        Instant noticed = at.plusMillis(dice.nextInt(SLOWEST_REPLICA_SECONDS * 1000));
        later.add(new Later(noticed, when -> notice(which)));
      }
    }
  }

  private void notice(int replica) {
    // a replica reads the one Secret and not the other
    Optional<CertificatePair> read =
        StoredCertificates.read(cluster.secret(Which.SERVING)).serving();
    read.ifPresent(pair -> serving.set(replica, Optional.of(pair)));
  }

  private void everythingServedIsTrusted(long seed, Instant now, boolean mayEnd) throws Exception {
    for (Optional<CertificatePair> pair : serving) {
      if (pair.isEmpty() || (mayEnd && !now.isBefore(pair.get().end()))) {
        continue;
      }
      assertThat(pair.get().end())
          .as("the end of what is answered with, seed %d", seed)
          .isAfter(now);
      for (List<SimulatedCluster.Written> history : cluster.history) {
        for (var written : SimulatedCluster.seenBy(history, now, now.minus(LATEST))) {
          assertThat(isTrusted(pair.get().leaf(), written.text(), now))
              .as(
                  "what is answered with at %s, by what was written at %s, seed %d",
                  now, written.at(), seed)
              .isTrue();
        }
      }
    }
  }

  private boolean isTrusted(X509Certificate leaf, String text, Instant now)
      throws GeneralSecurityException {
    if (!parsed.containsKey(text)) {
      parsed.put(text, Pem.certificates(text));
    }
    return parsed.get(text).stream()
        .filter(ca -> now.isBefore(ca.getNotAfter().toInstant()))
        .anyMatch(
            ca ->
                verified.computeIfAbsent(
                    leaf.getSerialNumber() + " " + ca.getSerialNumber(),
                    pair -> CertificateAuthority.isSigned(leaf, ca)));
  }
}
