package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.OwnTaints;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/** Takes our taints from nodes that have been well again for a while. */
final class TaintKeeper {

  private static final Logger LOG = Logger.getLogger(TaintKeeper.class);

  private final FailoverObjects objects;

  /** A node that flaps is well for shorter than this. */
  private final long trustedAfter;

  private final Map<String, Long> wellSince = new HashMap<>();

  TaintKeeper(FailoverObjects objects, Duration trustedAfter) {
    this.objects = objects;
    this.trustedAfter = trustedAfter.toNanos();
  }

  /** Looks at all nodes; those of a failover under way keep their taints. */
  void look(
      Collection<NodeFacts> nodes,
      Map<String, NodeVerdict> verdicts,
      Set<String> underWay,
      long now) {
    wellSince.keySet().removeIf(name -> !verdicts.containsKey(name));
    for (NodeFacts node : nodes) {
      NodeVerdict verdict = verdicts.get(node.name());
      boolean well =
          node.ready() == Ready.TRUE
              && verdict != null
              && verdict.state() == NodeVerdict.State.FINE;
      if (!well) {
        wellSince.remove(node.name());
        continue;
      }
      long since = wellSince.computeIfAbsent(node.name(), name -> now);
      boolean tainted = node.taints().stream().anyMatch(OwnTaints::isOwn);
      if (tainted && now - since >= trustedAfter && !underWay.contains(node.name())) {
        untaint(node.name());
      }
    }
  }

  private void untaint(String name) {
    JsonNode node = objects.node(name).orElse(null);
    List<Taint> own =
        node == null
            ? List.of()
            : NodeReader.taints(node).stream().filter(OwnTaints::isOwn).toList();
    // one at a time: each write is for the node as it was read
    if (!own.isEmpty() && objects.untaint(node, own.get(0))) {
      LOG.infof("Took the taint %s from node %s, which is well again", own.get(0).key(), name);
    }
  }
}
