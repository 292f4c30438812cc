package io.rwopguard.failover.plan;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A failover that was started: its Pod UID, its time and its observed steps. The record holds no
 * decision. Every process that reads it derives from the cluster what to do, and whether it may be
 * done.
 *
 * @param key a unique key: the old Pod's UID, or the attachment's UID if the Pod was gone
 * @param namespace the namespace of the Pod and its claims
 * @param pod the old Pod's name; the successor's if the old one was already gone
 * @param podUid the old Pod's UID; empty if it was already gone
 * @param node the node that stopped renewing its Lease
 * @param nodeUid the UID of that Node object
 * @param bootId the node's boot ID at the time of the decision; empty if it was unknown
 * @param renewTime the last {@code renewTime} of the node's Lease
 * @param claims the claims of the Pod whose volumes only one node may write to
 * @param sharedClaims claims of the Pod that many nodes may write to, and that a fence has to cover
 * @param controller the Pod's controller, as {@code Kind/name}; empty if it has none
 * @param workload the workload that users know the Pod by
 * @param requestedBy the operator who vouched that the node is dead; empty for an automatic
 *     failover
 * @param times the time at which each step was observed, by the clock of the replica that led
 * @param outcome the outcome; empty while the failover is in progress
 */
public record FailoverRecord(
    String key,
    String namespace,
    String pod,
    String podUid,
    String node,
    String nodeUid,
    String bootId,
    String renewTime,
    List<Claim> claims,
    List<Claim> sharedClaims,
    String controller,
    Optional<ObjectKey> workload,
    String requestedBy,
    Map<Step, Instant> times,
    Optional<Outcome> outcome) {

  /** The time after which a failover that did not complete is given up. */
  public static final Duration GIVEN_UP_AFTER = Duration.ofMinutes(30);

  /** The largest difference between the clocks of two replicas that is allowed for. */
  public static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** The steps, in their order. */
  public enum Step {
    /** The node's last sign of life. */
    SILENT,
    DECIDED,
    /** An operator vouched that the node is dead, in a failover that was in progress. */
    VOUCHED,
    TAINTED,
    FENCED,
    DELETED,
    RELEASED,
    DETACHED,
    RUNNING,
    /**
     * The controller was about to remove the out-of-service taint of a node that had not renewed
     * its Lease.
     */
    WITHDRAWN;

    /** Returns the name of the step in documents and records. */
    public String field() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The outcomes of a failover. */
  public enum Outcome {
    /** Another Pod runs. */
    DONE,
    /** The node came back before the Pod was deleted. */
    CANCELED,
    /** The node came back after the Pod was deleted. */
    NODE_BACK,
    /** It took too long, or there is no workload or claim to fail over any more. */
    GAVE_UP;

    /** Returns the id in metrics, events and records, such as {@code node-back}. */
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A claim of the Pod: a claim of the same name with another UID is another claim. */
  public record Claim(String name, String uid) {}

  public FailoverRecord {
    claims = List.copyOf(claims);
    sharedClaims = List.copyOf(sharedClaims);
    times = Map.copyOf(times);
  }

  /** Returns the same record with one more observed step. */
  public FailoverRecord with(Step step, Instant at) {
    return times.containsKey(step) ? this : copy(renewTime, bootId, timesWith(step, at), outcome);
  }

  private Map<Step, Instant> timesWith(Step step, Instant at) {
    Map<Step, Instant> more = new EnumMap<>(Step.class);
    more.putAll(times);
    more.put(step, at);
    return more;
  }

  /**
   * Returns the same record with the time before the out-of-service taint is removed from the node.
   * This may be repeated.
   */
  public FailoverRecord withdrawing(Instant at) {
    return copy(renewTime, bootId, timesWith(Step.WITHDRAWN, at), outcome);
  }

  /** Returns the same record with the statement of an operator that the node is dead. */
  public FailoverRecord vouchedBy(String operator, Instant at) {
    return new FailoverRecord(
        key,
        namespace,
        pod,
        podUid,
        node,
        nodeUid,
        bootId,
        renewTime,
        claims,
        sharedClaims,
        controller,
        workload,
        operator,
        timesWith(Step.VOUCHED, at),
        outcome);
  }

  /**
   * Returns the time of an operator's last statement, else the time at which the failover started.
   */
  public Instant vouched() {
    return times.getOrDefault(Step.VOUCHED, decided());
  }

  /** Returns the later of the time of its start and the time of an operator's last statement. */
  public Instant latest() {
    return decided().isAfter(vouched()) ? decided() : vouched();
  }

  /** Returns the same record with an outcome. */
  public FailoverRecord endedBy(Outcome how) {
    return copy(renewTime, bootId, times, Optional.of(how));
  }

  /** Returns the same record for a node that came back and stopped renewing its Lease again. */
  public FailoverRecord forSilence(String lastRenewal, String boot) {
    Map<Step, Instant> fewer = new EnumMap<>(Step.class);
    fewer.putAll(times);
    fewer.remove(Step.FENCED);
    fewer.remove(Step.WITHDRAWN);
    return copy(lastRenewal, boot, fewer, outcome);
  }

  private FailoverRecord copy(
      String lastRenewal, String boot, Map<Step, Instant> observed, Optional<Outcome> how) {
    return new FailoverRecord(
        key,
        namespace,
        pod,
        podUid,
        node,
        nodeUid,
        boot,
        lastRenewal,
        claims,
        sharedClaims,
        controller,
        workload,
        requestedBy,
        observed,
        how);
  }

  /** Returns whether a step was observed. */
  public boolean has(Step step) {
    return times.containsKey(step);
  }

  /** Returns the time at which the failover started. */
  public Instant decided() {
    return times.getOrDefault(Step.DECIDED, Instant.EPOCH);
  }

  /**
   * Returns whether it was started, or vouched for, later than the clock of any replica can be now.
   * A limit that counts from such a time would never be reached.
   */
  public boolean isFromFuture(Instant now) {
    return latest().isAfter(now.plus(CLOCK_SKEW));
  }

  /** Returns the claim that represents all of them in events and logs: the first by name. */
  public ClaimKey claim() {
    return new ClaimKey(
        namespace, claims.stream().map(Claim::name).sorted().findFirst().orElse(""));
  }

  /** Returns every claim that a target is derived from. */
  public List<Claim> allClaims() {
    return Stream.concat(claims.stream(), sharedClaims.stream()).toList();
  }

  /** Returns whether another failover is about one of the same claims. */
  public boolean sharesClaim(FailoverRecord other) {
    return namespace.equals(other.namespace)
        && claims.stream()
            .anyMatch(
                mine -> other.claims.stream().anyMatch(each -> each.name().equals(mine.name())));
  }

  @Override
  public String toString() {
    return namespace + "/" + pod;
  }
}
