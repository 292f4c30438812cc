package io.rwopguard.failover.execution;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.FailoverRecords.Stored;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keeps the failovers in progress and those of the last hour, as the leader knows them. The records
 * in the controller's own namespace are the truth. This class holds what this replica has read or
 * written of them.
 */
public final class ActiveFailovers {

  /** The result of reading a record again that was changed elsewhere. */
  enum Reloaded {
    RESUMED,
    /** The record is gone, or has ended. */
    ENDED,
    /** The record is from the future. A takeover adopts it once that time has passed. */
    FROM_FUTURE
  }

  private final FailoverRecords records;
  private final Budget budget;
  private final Clocks clocks;
  private final Map<String, ActiveFailover> inProgress = new ConcurrentHashMap<>();
  private final Map<String, FailoverRecord> known = new ConcurrentHashMap<>();
  private final Map<String, FailoverRecord> reserved = new HashMap<>();

  /** The nodes whose out-of-service taint this leader wrote and has not tried to withdraw since. */
  private final Set<String> declared = ConcurrentHashMap.newKeySet();

  /** The times, by node, since which this replica could not adopt a record of the node. */
  private final Map<String, Long> unadopted = new ConcurrentHashMap<>();

  private volatile String cluster = "";
  private volatile long epoch;

  /** Creates an empty set of failovers, whose records are kept in this store. */
  public ActiveFailovers(FailoverRecords records, Budget budget, Clocks clocks) {
    this.records = records;
    this.budget = budget;
    this.clocks = clocks;
  }

  /** Forgets everything, since another replica leads. */
  public void clear() {
    declared.clear();
    unadopted.clear();
    inProgress.clear();
    known.clear();
  }

  /**
   * Adopts the records of earlier leaders: writes its own epoch into each, so that a late write of
   * theirs is refused. It does not take the targets from them. It does not adopt a record from the
   * future. Such a record may come from a leader whose clock is ahead, but also from a backup or a
   * forger.
   *
   * @return the failovers that this replica did not know
   */
  public List<FailoverRecord> takeOver(String clusterUid, long ownEpoch) {
    cluster = clusterUid;
    epoch = ownEpoch;
    List<FailoverRecord> adopted = new ArrayList<>();
    Map<String, FailoverRecord> read = new HashMap<>();
    Set<String> failed = new HashSet<>();
    for (Stored stored : records.list(clusterUid, clocks.now())) {
      FailoverRecord record = stored.record();
      read.put(record.key(), record);
      FailoverRecord here = known.get(record.key());
      boolean ended = here != null && here.outcome().isPresent();
      if (record.outcome().isEmpty() && !ended && !inProgress.containsKey(record.key())) {
        Stored own = adopt(stored, record, clusterUid, ownEpoch);
        if (own != null) {
          inProgress.put(record.key(), new ActiveFailover(own, Optional.empty(), clocks.nanos()));
          adopted.add(record);
        } else {
          failed.add(record.node());
          unadopted.putIfAbsent(record.node(), clocks.nanos());
        }
      }
    }
    unadopted.keySet().retainAll(failed);
    // a list that was read before this replica ended a failover does not resume it
    read.forEach(
        (key, record) ->
            known.merge(key, record, (old, now) -> old.outcome().isPresent() ? old : now));
    known.keySet().removeIf(key -> !read.containsKey(key) && !inProgress.containsKey(key));
    return adopted;
  }

  /** Adopts one record. The next takeover tries a failed one again; others do not wait. */
  private Stored adopt(Stored stored, FailoverRecord record, String clusterUid, long ownEpoch) {
    if (record.isFromFuture(clocks.now())) {
      return null;
    }
    // also a record of the same epoch, which may belong to an election whose Lease was deleted
    try {
      Stored own = records.update(stored, record, clusterUid, ownEpoch).orElse(null);
      records.adoption(record.key(), Optional.empty());
      return own;
    } catch (KubernetesClientException e) {
      records.adoption(record.key(), Optional.of(e));
      return null;
    }
  }

  /**
   * Returns since when a record of this node could not be adopted. Its earlier leader may have sent
   * a deletion.
   */
  Optional<Long> unadoptedSince(String node) {
    return Optional.ofNullable(unadopted.get(node));
  }

  /** Returns the failovers in progress. */
  public Collection<ActiveFailover> inProgress() {
    return List.copyOf(inProgress.values());
  }

  /** Returns the failovers that have a record, including those that have ended. */
  Collection<FailoverRecord> known() {
    return List.copyOf(known.values());
  }

  /** Returns the records of the failovers in progress. */
  public List<FailoverRecord> records() {
    return inProgress.values().stream().map(ActiveFailover::record).toList();
  }

  /** Returns whether a Pod is being failed over. */
  public boolean isInProgress(String podUid) {
    return !podUid.isEmpty() && any(record -> record.podUid().equals(podUid));
  }

  /**
   * Records that an administrator vouches for the node of a failover that is in progress already.
   *
   * @return its record; empty if no failover in progress has this Pod and this last renewal
   */
  public Optional<FailoverRecord> vouch(
      String podUid, String claimUid, String renewTime, String by, Instant given) {
    Predicate<FailoverRecord> isMeant =
        record ->
            record.renewTime().equals(renewTime)
                && record.claims().stream().anyMatch(claim -> claim.uid().equals(claimUid))
                && record.outcome().isEmpty();
    return inProgress.values().stream()
        .filter(each -> each.record().podUid().equals(podUid))
        .filter(each -> keepIf(each, isMeant, record -> vouchedBy(record, by, given)))
        .map(ActiveFailover::record)
        .findFirst();
  }

  /** Returns the record with the later of two assertions: requests may be answered in any order. */
  private static FailoverRecord vouchedBy(FailoverRecord record, String by, Instant given) {
    boolean later = !record.requestedBy().isEmpty() && record.vouched().isAfter(given);
    return later ? record : record.vouchedBy(by, given);
  }

  /** Returns whether a failover that uses this claim is in progress. */
  public boolean isInProgress(ClaimKey claim) {
    return any(
        record ->
            record.namespace().equals(claim.namespace())
                && record.claims().stream().anyMatch(each -> each.name().equals(claim.name())));
  }

  /** Returns the nodes from which a failover is in progress. */
  public Set<String> nodes() {
    Set<String> nodes = new HashSet<>();
    inProgress.values().forEach(each -> nodes.add(each.record().node()));
    return nodes;
  }

  private boolean any(Predicate<FailoverRecord> matches) {
    return inProgress.values().stream().map(ActiveFailover::record).anyMatch(matches);
  }

  /** Returns whether another failover from the same node still needs the out-of-service taint. */
  boolean isOutOfServiceNeededBeside(ActiveFailover each) {
    return inProgress.values().stream()
        .filter(other -> other != each)
        .filter(other -> other.record().node().equals(each.record().node()))
        .anyMatch(other -> other.needsOutOfService);
  }

  /**
   * Returns whether this replica has sent a deletion since then of a Pod of the node whose volumes
   * need the taint.
   */
  boolean hasDeletedSince(String node, long nanos) {
    return inProgress.values().stream()
        .filter(each -> each.record().node().equals(node) && each.needsOutOfService)
        .anyMatch(
            each -> each.deletionSent.isPresent() && each.deletionSent.getAsLong() - nanos > 0);
  }

  /** Returns the nodes whose taint no earlier request can withdraw any more. */
  Set<String> declared() {
    return declared;
  }

  /** Returns whether this replica still knows a failover, and has not lost leadership since. */
  boolean isCurrent(ActiveFailover each) {
    return inProgress.get(each.record().key()) == each;
  }

  /**
   * Starts a failover. Its record is written before anything else.
   *
   * @return why it may not start; empty if it has
   */
  Optional<Refusal> begin(FailoverRecord record, List<FailoverTarget> targets) {
    Optional<Refusal> refusal = reserve(record);
    if (refusal.isPresent()) {
      return refusal;
    }
    try {
      Stored stored = records.create(record, cluster, epoch).orElse(null);
      if (stored == null) {
        return Optional.of(
            new Refusal(
                RefusalReason.CHANGED,
                "ConfigMap %s already records a failover of this Pod. That failover has ended, or another version or leader owns the record"
                    .formatted(FailoverRecords.nameOf(record.key()))));
      }
      inProgress.put(
          record.key(), new ActiveFailover(stored, Optional.of(targets), clocks.nanos()));
      known.put(record.key(), record);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.of(records.denied(record, e));
    } finally {
      synchronized (reserved) {
        reserved.remove(record.key());
      }
    }
  }

  /** Reserves a failover before its record is written, since others start at the same time. */
  private Optional<Refusal> reserve(FailoverRecord record) {
    Instant now = clocks.now();
    synchronized (reserved) {
      Optional<FailoverRecord> other =
          Stream.of(records().stream(), reserved.values().stream(), notAdopted())
              .flatMap(each -> each)
              .filter(each -> each.sharesClaim(record))
              // a detached volume may have gone to a successor whose own node died before it was
              // ready
              .filter(each -> each.node().equals(record.node()) || !each.has(Step.DETACHED))
              .findFirst();
      if (other.isPresent()) {
        return Optional.of(
            new Refusal(
                RefusalReason.CLAIM_SHARED,
                "a failover of Pod %s, which uses one of the same claims, is in progress"
                    .formatted(other.get())));
      }
      Optional<FailoverRecord> givenUp =
          known.values().stream()
              .filter(each -> each.outcome().filter(Outcome.GAVE_UP::equals).isPresent())
              .filter(each -> each.sharesClaim(record) && record.requestedBy().isEmpty())
              .filter(each -> each.node().equals(record.node()))
              .filter(each -> each.renewTime().equals(record.renewTime()))
              .findFirst();
      if (givenUp.isPresent()) {
        return Optional.of(
            new Refusal(
                RefusalReason.BUDGET_USED_UP,
                "a failover of the same claims from node %s was given up after the last renewal of its Lease. Remove the cause, then request a manual failover with rwop-guard failover"
                    .formatted(record.node())));
      }
      Set<ClaimKey> claims =
          record.claims().stream()
              .map(claim -> new ClaimKey(record.namespace(), claim.name()))
              .collect(Collectors.toSet());
      List<Budget.Entry> history =
          Stream.concat(
                  known.values().stream(),
                  reserved.values().stream().filter(each -> !known.containsKey(each.key())))
              .map(ActiveFailovers::entry)
              .toList();
      Optional<Refusal> refusal = budget.check(history, record.node(), claims, now);
      if (refusal.isEmpty()) {
        reserved.put(record.key(), record);
      }
      return refusal;
    }
  }

  /** Returns the failovers in progress whose record this replica could not adopt. */
  private Stream<FailoverRecord> notAdopted() {
    return known.values().stream()
        .filter(each -> each.outcome().isEmpty() && !inProgress.containsKey(each.key()));
  }

  private static Budget.Entry entry(FailoverRecord record) {
    return new Budget.Entry(
        record.decided(),
        record.node(),
        record.claims().stream()
            .map(claim -> new ClaimKey(record.namespace(), claim.name()))
            .collect(Collectors.toSet()));
  }

  /**
   * Writes a change to a record. A step and the assertion of an administrator may come at the same
   * time.
   *
   * @param change applied to the record as it is when its turn comes
   * @return false if the record was changed elsewhere meanwhile, which the next step handles
   */
  boolean keep(ActiveFailover each, UnaryOperator<FailoverRecord> change) {
    return keepIf(each, record -> true, change);
  }

  /**
   * Writes a change to a record, if a condition applies to the record when its turn comes.
   *
   * @return false as well if it does not apply
   */
  boolean keepIf(
      ActiveFailover each,
      Predicate<FailoverRecord> applies,
      UnaryOperator<FailoverRecord> change) {
    synchronized (each) {
      if (!applies.test(each.record())) {
        return false;
      }
      FailoverRecord record = change.apply(each.record());
      if (record.equals(each.record())) {
        return true;
      }
      Stored written = records.update(each.stored, record, cluster, epoch).orElse(null);
      if (written == null) {
        each.changedElsewhere = true;
        return false;
      }
      each.stored = written;
      known.put(record.key(), record);
      return true;
    }
  }

  /**
   * Reads a record again that a late write or a person has changed.
   *
   * @return what to do with its failover
   */
  Reloaded reload(ActiveFailover each) {
    String key = each.record().key();
    Stored now =
        records.list(cluster, clocks.now()).stream()
            .filter(stored -> stored.record().key().equals(key))
            .findFirst()
            .orElse(null);
    if (now == null || now.record().outcome().isPresent()) {
      inProgress.remove(key);
      known.remove(key);
      if (now != null) {
        known.put(key, now.record());
      }
      return Reloaded.ENDED;
    }
    if (now.record().isFromFuture(clocks.now())) {
      inProgress.remove(key);
      unadopted.putIfAbsent(now.record().node(), clocks.nanos());
      return Reloaded.FROM_FUTURE;
    }
    synchronized (each) {
      each.stored = now;
      each.changedElsewhere = false;
    }
    each.targets = Optional.empty();
    known.put(key, now.record());
    return Reloaded.RESUMED;
  }

  /** Ends a failover. Returns false if its record changed meanwhile. */
  boolean end(ActiveFailover each, Outcome outcome) {
    if (!keep(each, record -> record.endedBy(outcome))) {
      return false;
    }
    inProgress.remove(each.record().key());
    // the taint keeper removes a taint that this failover leaves
    declared.remove(each.record().node());
    return true;
  }
}
