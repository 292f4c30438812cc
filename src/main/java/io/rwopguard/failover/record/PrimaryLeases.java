package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.EndedPods;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.cluster.ParallelRequests;
import io.rwopguard.failover.cluster.VersionedWrites;
import io.rwopguard.failover.record.TokenLedger.Wish;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Gives each claim's Pod its fencing token and shows it in the Lease beside the claim. It works on
 * separate threads, since the first pass writes thousands of Leases, and nothing waits for them.
 *
 * <p>The order of requests keeps the tokens of one Lease from falling. First, this class reads the
 * Lease. Then the API server confirms the ledger's entry. Last, this class writes the Lease with
 * the resource version that it read. If another leader gave and showed a greater token meanwhile,
 * one of both requests fails.
 */
public final class PrimaryLeases {

  private static final Logger LOG = Logger.getLogger(PrimaryLeases.class);
  private static final String SUBJECT = "fencing tokens";

  /** The tolerated delay of a watch, and the shortest interval between corrections of a Lease. */
  private static final Duration JUST_NOW = Duration.ofSeconds(10);

  private static final Duration LATER = Duration.ofSeconds(60);
  private static final Duration PRUNE_EVERY = Duration.ofMinutes(10);
  private static final int AT_ONCE = 500;

  /** The suffixes of the names of the service's own Leases. */
  private static final List<String> RESERVED =
      List.of("-failover", "-certificates", FailoverStore.PROBES_SUFFIX);

  /** A claim that needs no more requests for this holder until a certain time. */
  private record Pause(String holder, long until) {}

  /** A claim whose token or Lease needs requests. */
  private record Due(ClaimKey claim, String holder, boolean isNew, boolean isShown) {}

  /** A due claim with the state that was read live for it. The Lease is read before the ledger. */
  private record Resolved(Due due, Wish wish, String claimUid, Optional<JsonNode> lease) {}

  /**
   * The collaborators of this class.
   *
   * @param known the Lease beside a claim, as the watch has it
   * @param namespace the controller's own
   * @param election the name of the Lease by which the leader is elected
   */
  public record Parts(
      FailoverStore objects,
      TokenLedger ledger,
      Inventory inventory,
      Function<ClaimKey, Optional<PrimaryLease>> known,
      ConditionLog problems,
      Clocks clocks,
      String namespace,
      String election) {}

  private final FailoverStore objects;
  private final TokenLedger ledger;
  private final Inventory inventory;
  private final Function<ClaimKey, Optional<PrimaryLease>> known;
  private final ConditionLog problems;
  private final Clocks clocks;
  private final String namespace;
  private final String election;
  private final BiConsumer<ClaimKey, String> refusals;
  private final Executor threads;
  private final ParallelRequests requests;
  private final Map<ClaimKey, Pause> pauses = new ConcurrentHashMap<>();
  private final Set<ClaimKey> conflicts = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean busy = new AtomicBoolean();
  private Map<ClaimKey, String> holders = Map.of();
  private Optional<Long> lastPass = Optional.empty();
  private Optional<Long> lastPrune = Optional.empty();

  /**
   * Creates the leases from their parts.
   *
   * @param refusals receives the claims whose Pod gets no token, and why
   * @param threads run a pass, which waits for others of them that run its requests
   */
  public PrimaryLeases(Parts parts, BiConsumer<ClaimKey, String> refusals, Executor threads) {
    this.objects = parts.objects();
    this.ledger = parts.ledger();
    this.inventory = parts.inventory();
    this.known = parts.known();
    this.problems = parts.problems();
    this.clocks = parts.clocks();
    this.namespace = parts.namespace();
    this.election = parts.election();
    this.refusals = refusals;
    this.threads = threads;
    this.requests = new ParallelRequests(threads);
  }

  /**
   * Starts a pass unless one is running. Only the leader calls it, and only in mode {@code
   * enforce}, since a pass writes.
   */
  public void update() {
    if (busy.compareAndSet(false, true)) {
      try {
        threads.execute(this::guarded);
      } catch (RejectedExecutionException e) {
        busy.set(false);
      } catch (RuntimeException | Error e) {
        busy.set(false);
        problems.found(SUBJECT, e);
      }
    }
  }

  private void guarded() {
    try {
      pass();
      problems.solved(SUBJECT);
    } catch (NotLeaderException e) {
      // the next leader continues from the ledger
      ledger.forget();
    } catch (KubernetesClientException e) {
      problems.found(SUBJECT, e);
    } catch (Throwable e) {
      // for example, an OutOfMemoryError; the next pass tries again
      problems.found(SUBJECT, e);
      LOG.error(
          "the update of the fencing tokens failed. New Pods get no fencing token until an update succeeds. The next one starts within seconds. If this recurs, report the stack trace",
          e);
    } finally {
      lastPass = Optional.of(clocks.nanos());
      busy.set(false);
    }
  }

  private void pass() {
    long now = clocks.nanos();
    if (lastPass.filter(last -> now - last <= LATER.toNanos()).isEmpty()) {
      ledger.forget();
    }
    ledger.load();
    holders = PrimaryPods.of(inventory, ledger::isHolder);
    pauses.values().removeIf(pause -> now - pause.until() >= 0);
    List<Due> due = due();
    for (int i = 0; i < due.size(); i += AT_ONCE) {
      handle(due.subList(i, Math.min(due.size(), i + AT_ONCE)));
    }
    if (lastPrune.filter(last -> now - last < PRUNE_EVERY.toNanos()).isEmpty()) {
      lastPrune = Optional.of(now);
      ledger.prune(this::isKnownVolume, this::isMissingVolume);
    }
  }

  /** Returns the claims that need requests, those with a new holder first. */
  private List<Due> due() {
    List<Due> due = new ArrayList<>();
    holders.forEach(
        (claim, holder) -> {
          Optional<PrimaryLease> lease = known.apply(claim);
          List<TokenEntry> entries = ledger.entries(claim);
          Optional<TokenEntry> entry =
              entries.stream().filter(each -> each.holder().equals(holder)).findFirst();
          Pause pause = pauses.get(claim);
          boolean current =
              entry.isPresent()
                  && lease
                      .filter(shown -> LeaseCopy.isCurrent(shown, claim, entry.get()))
                      .isPresent();
          if (!current && (pause == null || !pause.holder().equals(holder)) && isAllowed(claim)) {
            due.add(new Due(claim, holder, entries.isEmpty(), lease.isPresent()));
          }
        });
    due.sort(Comparator.comparing(Due::isNew));
    return due;
  }

  /** Returns whether the replicas do not use a claim's Lease for elections or reports. */
  private boolean isAllowed(ClaimKey claim) {
    String lease = PrimaryLease.nameOf(claim);
    boolean isReserved = lease.equals(election) || RESERVED.stream().anyMatch(lease::endsWith);
    if (isReserved && claim.namespace().equals(namespace)) {
      problems.found(
          subject(claim),
          ("Lease %s is reserved for the replicas of rwop-guard, so this claim gets no Lease and"
                  + " its Pods get no fencing token. Rename the claim, or move it to another namespace")
              .formatted(lease));
      return false;
    }
    return true;
  }

  private static String subject(ClaimKey claim) {
    return "Lease beside PersistentVolumeClaim " + claim;
  }

  private void handle(List<Due> due) {
    List<Resolved> resolved = Collections.synchronizedList(new ArrayList<>());
    requests.each(
        due, each -> resolve(each).ifPresent(resolved::add), (each, e) -> failed(each, e));
    Map<String, Resolved> byStorage = new TreeMap<>();
    resolved.stream()
        .sorted(Comparator.comparing(each -> each.due().claim().toString()))
        .filter(this::isOnlyClaim)
        .forEach(
            each -> {
              Resolved first = byStorage.putIfAbsent(each.wish().storage(), each);
              if (first != null) {
                isShared(each, first.due().claim());
              }
            });
    TokenLedger.Answer answer =
        ledger.settle(byStorage.values().stream().map(Resolved::wish).toList());
    answer.refused().forEach((storage, why) -> refuse(byStorage.get(storage).due(), why));
    requests.each(
        answer.granted().keySet().stream().sorted().map(byStorage::get).toList(),
        each -> publish(each, answer.granted().get(each.wish().storage())),
        (each, e) -> failed(each.due(), e));
  }

  private void failed(Due due, RuntimeException e) {
    problems.found(subject(due.claim()), e);
    pause(due, LATER);
  }

  private void refuse(Due due, String why) {
    String message =
        "Pod %s gets no fencing token: %s".formatted(due.holder().replaceFirst("/.*", ""), why);
    problems.found(subject(due.claim()), message);
    refusals.accept(due.claim(), message);
    pause(due, LATER);
  }

  private void pause(Due due, Duration length) {
    pauses.put(due.claim(), new Pause(due.holder(), clocks.nanos() + length.toNanos()));
  }

  /** Reads live what a token depends on; empty while there is no such claim, volume or Pod. */
  private Optional<Resolved> resolve(Due due) {
    ClaimKey key = due.claim();
    // the Lease before the ledger: see the class comment
    boolean mayExist = due.isShown() || !due.isNew() || conflicts.contains(key);
    Optional<JsonNode> lease =
        mayExist
            ? objects.get(Resources.LEASES, key.namespace(), PrimaryLease.nameOf(key))
            : Optional.empty();
    conflicts.remove(key);
    Optional<JsonNode> claim =
        objects
            .get(Resources.of(Kind.PERSISTENT_VOLUME_CLAIM), key.namespace(), key.name())
            .filter(json -> !KubeObject.of(json).isBeingDeleted());
    String uid = claim.map(json -> KubeObject.of(json).uid()).orElse("");
    String name = claim.map(json -> KubeObject.of(json).volumeName()).orElse("");
    Optional<JsonNode> volume =
        name.isEmpty()
            ? Optional.empty()
            : objects
                .get(Resources.of(Kind.PERSISTENT_VOLUME), "", name)
                .filter(json -> isFor(json, key, uid));
    if (volume.isEmpty()) {
      return Optional.empty();
    }
    String storage = TokenLedger.storageOf(volume.get());
    Optional<TokenEntry> seen = ledger.entry(storage);
    boolean changes = seen.filter(entry -> !entry.holder().equals(due.holder())).isPresent();
    if (changes && !isThere(key.namespace(), due.holder())) {
      return Optional.empty();
    }
    return Optional.of(
        new Resolved(due, new Wish(storage, key, name, due.holder(), seen), uid, lease));
  }

  /** Returns whether a volume is bound to this very claim, or reserved for it. */
  private static boolean isFor(JsonNode volume, ClaimKey claim, String uid) {
    JsonNode reference = KubeObject.of(volume).claimRef();
    String of = reference.path("uid").asText("");
    return reference.path("namespace").asText().equals(claim.namespace())
        && reference.path("name").asText().equals(claim.name())
        && (of.isEmpty() || of.equals(uid));
  }

  /** Returns whether a holder's replacement exists: a watch may be older than the ledger. */
  private boolean isThere(String namespace, String holder) {
    String[] parts = holder.split("/", -1);
    return objects
        .get(Resources.of(Kind.POD), namespace, parts[0])
        .filter(pod -> KubeObject.of(pod).uid().equals(parts[1]))
        .filter(pod -> !EndedPods.isOver(pod))
        .isPresent();
  }

  /** Returns whether no other claim's Pod holds the storage, as when two volumes name it. */
  private boolean isOnlyClaim(Resolved each) {
    ClaimKey other = each.wish().seen().map(TokenEntry::claim).orElse(each.due().claim());
    // whether a Pod in an unreadable namespace holds it is unknown
    boolean held =
        inventory.unreadable().containsKey(other.namespace())
            || each.wish()
                .seen()
                .filter(e -> e.holder().equals(holders.get(e.claim())))
                .isPresent();
    return other.equals(each.due().claim()) || !held || !isShared(each, other);
  }

  private boolean isShared(Resolved each, ClaimKey other) {
    refuse(
        each.due(),
        ("its volume %s uses the same storage as the volume of claim %s, which also has a Pod."
                + " Give each claim separate storage")
            .formatted(each.wish().volume(), other));
    return true;
  }

  private void publish(Resolved each, TokenEntry entry) {
    Due due = each.due();
    ClaimKey claim = due.claim();
    JsonNode lease = each.lease().orElse(null);
    if (lease != null && LeaseCopy.isForeign(lease, claim)) {
      problems.found(
          subject(claim),
          ("Lease %s has another owner. rwop-guard does not change it and shows no fencing"
                  + " token there. Delete or rename that Lease")
              .formatted(PrimaryLease.nameOf(claim)));
      pause(due, LATER);
      return;
    }
    boolean current = lease != null && LeaseCopy.isCurrent(lease, claim, each.claimUid(), entry);
    boolean written =
        current
            || (lease == null
                ? create(each, entry)
                : objects.patchLease(
                    lease, LeaseCopy.correction(lease, claim, each.claimUid(), entry)));
    if (written) {
      problems.solved(subject(claim));
      pause(due, JUST_NOW);
    } else {
      conflicts.add(claim);
    }
  }

  private boolean create(Resolved each, TokenEntry entry) {
    ClaimKey claim = each.due().claim();
    try {
      return objects
          .create(Resources.LEASES, claim.namespace(), LeaseCopy.of(claim, each.claimUid(), entry))
          .isPresent();
    } catch (KubernetesClientException e) {
      if (e.getCode() == VersionedWrites.NOT_FOUND) {
        // the namespace is gone, and its claim with it
        return false;
      }
      throw e;
    }
  }

  private boolean isKnownVolume(String name) {
    return inventory.volume(name) instanceof Lookup.Found<?>;
  }

  private boolean isMissingVolume(String name) {
    return objects.get(Resources.of(Kind.PERSISTENT_VOLUME), "", name).isEmpty();
  }
}
