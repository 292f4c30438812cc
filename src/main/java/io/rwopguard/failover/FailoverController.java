package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Leadership;
import io.rwopguard.cluster.Problems;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.plan.ApiContact;
import io.rwopguard.failover.plan.ClockWatch;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeJudge;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodPlace;
import io.rwopguard.inventory.SingleWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Looks every second at what the watches have told, and every few seconds at everything. Every
 * replica looks, so that its timers are warm when it comes to lead; only the leader does anything.
 */
final class FailoverController {

  private static final Logger LOG = Logger.getLogger(FailoverController.class);

  /** What was refused is judged anew after this, and less often when that has gone on for long. */
  private static final long AGAIN = Duration.ofSeconds(5).toNanos();

  private static final long LATER = Duration.ofSeconds(30).toNanos();
  private static final Duration LONG = Duration.ofMinutes(2);

  /** All that it works with. */
  record Parts(
      ClusterView view,
      Inventory inventory,
      Heartbeats heartbeats,
      Reachability reachability,
      ApiContact contact,
      ClockWatch clocks,
      WatchAudit watchAudit,
      NodeJudge judge,
      Probes probes,
      Leadership leadership,
      Candidates candidates,
      Failovers failovers,
      PrimaryLeases primaryLeases,
      Requests requests,
      TaintKeeper taints,
      FailingPods failingPods,
      Speaker speaker,
      Problems problems) {}

  private final Parts parts;
  private final FailoverMode mode;
  private final long scanEvery;
  private final Map<String, Long> judgedAgain = new HashMap<>();
  private boolean led;
  private long lastScan = Long.MIN_VALUE / 2;
  private volatile Map<String, NodeVerdict> verdicts = Map.of();

  FailoverController(Parts parts, FailoverMode mode, Duration scanEvery) {
    this.parts = parts;
    this.mode = mode;
    this.scanEvery = scanEvery.toNanos();
  }

  /** What is believed of the nodes. */
  Map<String, NodeVerdict> verdicts() {
    return verdicts;
  }

  boolean isPaused() {
    return parts.leadership().annotations().containsKey(FailoverService.PAUSED);
  }

  /** Looks once. Never throws: the next look comes. */
  void look() {
    try {
      if (parts.view().hasSynced()) {
        look(System.nanoTime());
        parts.problems().solved("failover");
      }
    } catch (NotLeaderException e) {
      parts
          .problems()
          .found("failover", "this replica is not certain to lead any more; whoever does goes on");
    } catch (KubernetesClientException e) {
      parts.problems().found("failover", e);
    } catch (RuntimeException e) {
      LOG.error("failed on failover", e);
    }
  }

  private void look(long now) {
    List<NodeFacts> nodes = parts.view().nodes();
    if (parts.clocks().steppedApart()) {
      parts.heartbeats().beginAnew(now);
      parts.contact().interrupted(now);
    }
    boolean steady = parts.contact().isSteady(now) && parts.watchAudit().confirms(now);
    verdicts =
        parts.judge().judge(nodes, parts.heartbeats(), parts.reachability(), steady, now).stream()
            .collect(Collectors.toMap(NodeVerdict::node, Function.identity()));
    boolean scan = now - lastScan >= scanEvery;
    boolean troubled =
        verdicts.values().stream().anyMatch(each -> each.state() != NodeVerdict.State.FINE);
    // who uses what is only gone through when somebody asks
    List<ClaimUser> pods = scan || troubled ? exclusivePods() : List.of();
    if (scan) {
      parts.probes().targets(endpoints(pods));
    }
    lead(nodes, pods, scan, now);
    if (scan) {
      lastScan = now;
    }
  }

  private void lead(List<NodeFacts> nodes, List<ClaimUser> pods, boolean scan, long now) {
    if (!parts.leadership().isLeader()) {
      led = false;
      return;
    }
    if (!led) {
      parts.failovers().takeOver(now);
      judgedAgain.clear();
      led = true;
      LOG.info("This replica leads failover");
    }
    boolean paused = isPaused();
    parts.failovers().goOn(verdicts, paused, now);
    begin(nodes, pods, paused, now);
    parts.requests().look(nodes, paused, now);
    if (scan) {
      parts.primaryLeases().update();
      if (mode == FailoverMode.ENFORCE) {
        parts.taints().look(nodes, verdicts, parts.failovers().nodes(), now);
      }
      parts.failingPods().look(onFineNodes(pods), now);
    }
  }

  /** The Pods on nodes that are silent: begun if the node is dead and nothing speaks against it. */
  private void begin(List<NodeFacts> nodes, List<ClaimUser> pods, boolean paused, long now) {
    Map<String, List<ClaimUser>> byNode =
        pods.stream().collect(Collectors.groupingBy(pod -> place(pod).node()));
    Set<String> spokenOf = new HashSet<>();
    for (NodeVerdict verdict : verdicts.values()) {
      List<ClaimUser> onNode = byNode.getOrDefault(verdict.node(), List.of());
      if (verdict.state() == NodeVerdict.State.FINE || onNode.isEmpty()) {
        continue;
      }
      spokenOf.add(verdict.node());
      onNode.forEach(pod -> spokenOf.add(pod.key().namespace() + "/" + pod.key().name()));
      if (verdict.refusal().isPresent()) {
        parts.speaker().refused(verdict.node(), verdict.refusal().get(), onNode.size());
        continue;
      }
      for (ClaimUser pod : onNode) {
        try {
          begin(pod, verdict, nodes, paused, now);
        } catch (KubernetesClientException e) {
          // what keeps one from being judged must not keep the others
          parts.problems().found("failover of " + pod.key(), e);
        }
      }
    }
    parts
        .failovers()
        .records()
        .forEach(each -> spokenOf.add(each.claim().namespace() + "/" + each.pod()));
    parts.speaker().keep(spokenOf);
    judgedAgain.values().removeIf(due -> now - due > LATER);
  }

  private void begin(
      ClaimUser pod, NodeVerdict node, List<NodeFacts> nodes, boolean paused, long now) {
    String namespace = pod.key().namespace();
    String uid = place(pod).uid();
    if (parts.failovers().isUnderWay(namespace, pod.key().name())
        || now - judgedAgain.getOrDefault(uid, now) < 0) {
      return;
    }
    judgedAgain.put(uid, now + (node.silence().compareTo(LONG) < 0 ? AGAIN : LATER));
    Candidates.Verdict verdict =
        parts
            .candidates()
            .judge(namespace, pod.key().name(), node, "", live(nodes), parts.failovers().history());
    if (verdict.pod().isEmpty()) {
      return;
    }
    String why = "it has been silent for %d s".formatted(node.silence().toSeconds());
    if (verdict.refusal().isPresent()) {
      parts.speaker().refused(verdict.pod().get(), verdict.refusal().get(), verdict.aloud());
    } else if (mode != FailoverMode.ENFORCE || paused) {
      parts.speaker().wouldBegin(verdict.pod().get(), paused);
    } else {
      parts
          .failovers()
          .begin(
              verdict.record().orElseThrow(),
              parts.view().lease(verdict.record().orElseThrow().claim()),
              why,
              now);
      parts.failovers().goOn(verdicts, paused, now);
    }
  }

  /** The nodes that could run a Pod, as far as their own state goes. */
  List<NodeFacts> live(List<NodeFacts> nodes) {
    return nodes.stream()
        .filter(node -> verdicts.containsKey(node.name()))
        .filter(node -> verdicts.get(node.name()).state() == NodeVerdict.State.FINE)
        .toList();
  }

  private List<ClaimUser> exclusivePods() {
    return parts
        .inventory()
        .pods()
        .filter(pod -> pod.place().filter(place -> !place.over()).isPresent())
        .filter(
            pod ->
                pod.claims().stream()
                    .anyMatch(
                        claim -> SingleWriter.of(claim, parts.inventory()) == SingleWriter.YES))
        .toList();
  }

  private List<ClaimUser> onFineNodes(List<ClaimUser> pods) {
    return pods.stream()
        .filter(
            pod ->
                Optional.ofNullable(verdicts.get(place(pod).node()))
                    .filter(verdict -> verdict.state() == NodeVerdict.State.FINE)
                    .isPresent())
        .toList();
  }

  private static PodPlace place(ClaimUser pod) {
    return pod.place().orElseThrow();
  }

  /** What is connected to: the kubelets of nodes that have such Pods, and the Pods. */
  private Map<String, Set<Endpoint>> endpoints(List<ClaimUser> pods) {
    Map<String, Set<Endpoint>> all = new HashMap<>();
    for (ClaimUser pod : pods) {
      PodPlace place = place(pod);
      Set<Endpoint> ofNode = all.computeIfAbsent(place.node(), node -> new HashSet<>());
      parts.view().node(place.node()).flatMap(NodeFacts::kubelet).ifPresent(ofNode::add);
      if (!place.address().isEmpty()) {
        ofNode.add(new Endpoint(place.address(), ProbeSchedule.DISCARD));
      }
    }
    return all;
  }
}
