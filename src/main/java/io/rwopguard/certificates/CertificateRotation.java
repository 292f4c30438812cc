package io.rwopguard.certificates;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.certificates.CertificatePlanner.Plan;
import io.rwopguard.certificates.CertificatePlanner.Step;
import io.rwopguard.certificates.StoredCertificates.KeyMove;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.kube.ConditionLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Carries out the plans of {@link CertificatePlanner} while this replica is the leader. It
 * evaluates after a change, at the time that the plan names, and once a minute.
 */
final class CertificateRotation implements AutoCloseable {

  static final int CONFLICT = 409;

  /** The status code for a JSON Patch whose test fails. */
  private static final int UNPROCESSABLE = 422;

  private static final Logger LOG = Logger.getLogger(CertificateRotation.class);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  /**
   * The number of refusals in a row after which writes count as denied, and not as based on an old
   * version.
   */
  private static final int DENIED = 3;

  /**
   * The shortest pause between evaluations: a client that undoes every write causes five writes a
   * second at most.
   */
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);

  private final CertificateObjects objects;
  private final CertificatePlanner planner;
  private final CertificateIssuer maker;
  private final CaPropagation standing = new CaPropagation();
  private final ConditionLog problems;
  private final InstantSource clock;
  private final BooleanSupplier leads;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "certificate-rotation");
            thread.setDaemon(true);
            return thread;
          });
  private Optional<ScheduledFuture<?>> nextLook = Optional.empty();

  /** The number of evaluations in a row that ended in a refused write. */
  private int refusals;

  /** The number of webhooks whose bundle was wrong at the last evaluation as the leader. */
  private volatile int mismatches;

  CertificateRotation(
      CertificateObjects objects,
      RwopGuardConfig.Tls.SelfManaged settings,
      String namespace,
      ConditionLog problems,
      InstantSource clock,
      BooleanSupplier leads) {
    this.objects = objects;
    this.problems = problems;
    this.clock = clock;
    this.leads = leads;
    Set<String> names = CertificateIssuer.namesOf(settings.service(), namespace);
    maker = new CertificateIssuer(settings.caLifetime(), settings.certificateLifetime(), names);
    planner =
        new CertificatePlanner(
            settings.caLifetime(), settings.certificateLifetime(), settings.overlap(), names);
  }

  /** Evaluates soon, because something has changed. */
  void wake() {
    lookIn(SHORTEST_PAUSE);
  }

  /**
   * Returns the number of webhooks whose {@code caBundle} does not hold what it should, as last
   * observed; 0 if this replica does not lead. It stays above 0 while a write is refused.
   */
  int mismatches() {
    return mismatches;
  }

  private synchronized void lookIn(Duration pause) {
    if (executor.isShutdown()) {
      return;
    }
    if (nextLook.isPresent()) {
      if (nextLook.get().getDelay(TimeUnit.MILLISECONDS) <= pause.toMillis()) {
        return;
      }
      nextLook.get().cancel(false);
    }
    nextLook = Optional.of(executor.schedule(this::look, pause.toMillis(), TimeUnit.MILLISECONDS));
  }

  private synchronized void started() {
    // what changes from here on is for the next evaluation
    nextLook = Optional.empty();
  }

  private void look() {
    started();
    Duration pause = AFTER_FAILURE;
    try {
      boolean leading = leads.getAsBoolean();
      refusals = leading ? refusals : 0;
      mismatches = leading ? mismatches : 0;
      pause = leading ? act() : LONGEST_PAUSE;
    } catch (KubernetesClientException e) {
      // the API server answers a write of a changed object so; an admission policy denies with 422
      // too
      boolean mayHaveChanged = e.getCode() == CONFLICT || e.getCode() == UNPROCESSABLE;
      refusals = mayHaveChanged ? refusals + 1 : 0;
      if (!mayHaveChanged || refusals >= DENIED) {
        problems.found("certificates", e);
      }
    } catch (RuntimeException e) {
      LOG.error(
          "Unexpected error in certificate rotation. The current certificates stay in use until they end. The rotation is tried again every second. If this recurs, report the stack trace",
          e);
    }
    lookIn(pause);
  }

  /** Does what is necessary now, and returns the pause until the next evaluation. */
  private Duration act() {
    // in this order: what is written to a bundle is never older than what it is compared with
    List<CaBundle> bundles = objects.bundles();
    GenericKubernetesResource serving = objects.secret().get();
    GenericKubernetesResource authority = objects.caSecret().get();
    Instant now = clock.instant();
    // both are evaluated, so that each is reported
    boolean noServing = isMissing(objects.secretName(), serving);
    boolean noAuthority = isMissing(objects.caSecretName(), authority);
    if (noServing || noAuthority) {
      return LONGEST_PAUSE;
    }
    Map<String, String> servingData = CertificateObjects.dataOf(serving);
    Map<String, String> authorityData = CertificateObjects.dataOf(authority);
    StoredCertificates stored = StoredCertificates.read(servingData, authorityData);
    stored
        .problems()
        .forEach(
            problem ->
                LOG.warnf(
                    "Replacing unusable contents of %s and %s: %s",
                    objects.secretName(), objects.caSecretName(), problem));
    KeyMove move = StoredCertificates.keyMove(servingData, authorityData);
    if (move != KeyMove.NONE) {
      moveKey(move, serving, authority, stored);
      return SHORTEST_PAUSE;
    }
    standing.see(bundles, now);
    Plan plan = planner.plan(stored, bundles, standing.since(stored.signer()), now);
    mismatches = plan.stale().size();
    if (!plan.stale().isEmpty()) {
      objects.write(plan.stale(), Pem.of(plan.trusted()));
      plan.stale().forEach(CertificateRotation::written);
    }
    if (plan.step() == Step.SIGN_CERTIFICATE && hasChanged(authority)) {
      return SHORTEST_PAUSE;
    }
    if (plan.step() != Step.NOTHING) {
      LOG.infof(
          "Issuing a new %s: %s",
          plan.step() == Step.MAKE_CA ? "CA" : "certificate", plan.reason());
      StoredCertificates next = maker.carryOut(plan, stored, now);
      if (plan.step() == Step.MAKE_CA) {
        objects.write(authority, next.authorityData());
      } else {
        objects.write(serving, next.servingData());
      }
    }
    problems.solved("certificates");
    refusals = 0;
    boolean changed = plan.step() != Step.NOTHING || !plan.stale().isEmpty();
    return changed ? SHORTEST_PAUSE : pauseUntil(plan.next(), now);
  }

  /**
   * Returns whether the Secret of the CA's key has changed since it was read. The write of a signed
   * certificate names only the version of the other Secret. So a delayed leader could sign with a
   * key that has been replaced.
   */
  private boolean hasChanged(GenericKubernetesResource authority) {
    GenericKubernetesResource now = objects.caSecret().get();
    return now == null
        || !now.getMetadata()
            .getResourceVersion()
            .equals(authority.getMetadata().getResourceVersion());
  }

  private boolean isMissing(String name, GenericKubernetesResource secret) {
    if (secret == null) {
      problems.found(name, SelfManagedCertificates.MISSING);
      return true;
    }
    problems.solved(name);
    return false;
  }

  /** Moves the CA's key out of the Secret of the serving certificate. The CA does not change. */
  private void moveKey(
      KeyMove move,
      GenericKubernetesResource serving,
      GenericKubernetesResource authority,
      StoredCertificates stored) {
    if (move == KeyMove.COPY) {
      objects.write(authority, stored.authorityData());
      LOG.infof("Copied the CA's key from %s to %s", objects.secretName(), objects.caSecretName());
    } else {
      objects.remove(serving, StoredCertificates.CA_KEY);
      LOG.infof("Removed the CA's key from %s", objects.secretName());
    }
  }

  private static void written(CaBundle bundle) {
    LOG.infof(
        "Wrote the caBundle of webhook %d in %s, which %s",
        bundle.index(),
        bundle.configuration(),
        bundle.text().isBlank() ? "was empty" : "held something else");
  }

  private static Duration pauseUntil(Instant next, Instant now) {
    Duration pause = Duration.between(now, next);
    if (pause.compareTo(LONGEST_PAUSE) > 0) {
      return LONGEST_PAUSE;
    }
    return pause.compareTo(SHORTEST_PAUSE) > 0 ? pause : SHORTEST_PAUSE;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
