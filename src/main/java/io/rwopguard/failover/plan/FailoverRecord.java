package io.rwopguard.failover.plan;

import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Says that a failover was started, for which Pod UID, and when. It holds no decision: what is to
 * be done, and whether it may be done, is derived from the cluster by every process that reads it.
 *
 * @param key unique among failovers: the old Pod's UID, or the attachment's UID if the Pod was gone
 * @param namespace of the Pod and its claims
 * @param pod the old Pod's name; the successor's if the old one was already gone
 * @param podUid the old Pod's UID; empty if it was already gone
 * @param node the node that fell silent
 * @param nodeUid that Node object's UID
 * @param bootId the node's boot ID at the time of the decision; empty if it was unknown
 * @param renewTime what the node's Lease said last
 * @param claims the claims of the Pod whose volumes only one node may write to
 * @param sharedClaims claims of the Pod that many nodes may write to, and that a fence has to cover
 * @param controller the Pod's controller, as {@code Kind/name}; empty if it has none
 * @param workload the workload that people know the Pod by
 * @param requestedBy who vouched that the node is down; empty for an automatic failover
 * @param times when each step was observed, by the clock of the replica that led
 * @param outcome how it ended; empty while it is in progress
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

  /** After this a failover that did not complete is given up. */
  public static final Duration GIVEN_UP_AFTER = Duration.ofMinutes(30);

  /** The clocks of two replicas may differ by this much. */
  public static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** The steps, in their order. */
  public enum Step {
    /** The node's last sign of life. */
    SILENT,
    DECIDED,
    /** An operator vouched for the node's death, in a failover that was in progress. */
    VOUCHED,
    TAINTED,
    FENCED,
    DELETED,
    RELEASED,
    DETACHED,
    RUNNING,
    /** The out-of-service taint of the node, which was still silent, was about to be removed. */
    WITHDRAWN;

    /** As documents and records write it. */
    public String field() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How a failover ended. */
  public enum Outcome {
    /** Another Pod runs. */
    DONE,
    /** The node came back before the Pod was deleted. */
    CANCELED,
    /** The node came back after the Pod was deleted. */
    NODE_BACK,
    /** It took too long, or there is no workload or claim to fail over any more. */
    GAVE_UP;

    /** As metrics, events and records write it: {@code node-back}. */
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

  /** The same with one more step observed. */
  public FailoverRecord with(Step step, Instant at) {
    return times.containsKey(step) ? this : copy(renewTime, bootId, timesWith(step, at), outcome);
  }

  private Map<Step, Instant> timesWith(Step step, Instant at) {
    Map<Step, Instant> more = new EnumMap<>(Step.class);
    more.putAll(times);
    more.put(step, at);
    return more;
  }

  /** The same, before the out-of-service taint is removed from the node, which may be repeated. */
  public FailoverRecord withdrawing(Instant at) {
    return copy(renewTime, bootId, timesWith(Step.WITHDRAWN, at), outcome);
  }

  /** The same, with the word of an operator that the node is down. */
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

  /** When the last word of an operator was given, or the failover was started. */
  public Instant vouched() {
    return times.getOrDefault(Step.VOUCHED, decided());
  }

  /** The later one of when it was started and when it was vouched for. */
  public Instant latest() {
    return decided().isAfter(vouched()) ? decided() : vouched();
  }

  /** The same, ended. */
  public FailoverRecord endedBy(Outcome how) {
    return copy(renewTime, bootId, times, Optional.of(how));
  }

  /** The same for a node that came back and fell silent once more. */
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

  /** Whether a step was observed. */
  public boolean has(Step step) {
    return times.containsKey(step);
  }

  /** When it was started. */
  public Instant decided() {
    return times.getOrDefault(Step.DECIDED, Instant.EPOCH);
  }

  /**
   * Whether it was started, or vouched for, later than the clock of any replica can be now. What
   * ends some time after that would not end.
   */
  public boolean isFromFuture(Instant now) {
    return latest().isAfter(now.plus(CLOCK_SKEW));
  }

  /** The claim that stands for all of them in events and logs: the first by name. */
  public ClaimKey claim() {
    return new ClaimKey(
        namespace, claims.stream().map(Claim::name).sorted().findFirst().orElse(""));
  }

  /** Every claim that a target is derived from. */
  public List<Claim> allClaims() {
    return Stream.concat(claims.stream(), sharedClaims.stream()).toList();
  }

  /** Whether another failover is about one of the same claims. */
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
