package io.rwopguard.failover.detection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Compares the watch of the nodes' Leases with the API server before failover believes that several
 * nodes stopped renewing. If the API server of a watch lost power, the watch reports nothing for
 * five to ten minutes. All nodes then look dead.
 */
public final class WatchAudit {

  private static final Logger LOG = Logger.getLogger(WatchAudit.class);
  private static final JsonMapper JSON = new JsonMapper();

  /** The number of Leases in one response. */
  private static final long PAGE = 500;

  private static final long EVERY = Duration.ofSeconds(5).toNanos();

  /** The time for which the result of a list holds. */
  private static final long HOLDS = Duration.ofSeconds(15).toNanos();

  /**
   * The longest time in which a watch that does not hang reports what a list shows. After a pause,
   * the API server answers both at once, in any order.
   */
  private static final long GRACE = Duration.ofSeconds(2).toNanos();

  /** The time that a watch gets after a restart. */
  private static final long RESTART_EVERY = Duration.ofSeconds(15).toNanos();

  private final KubernetesClient client;
  private final Heartbeats heartbeats;
  private final Runnable restart;

  /** The renewals, by node, that the watch had reported when a list showed something else. */
  private Map<String, String> behind = Map.of();

  private long answered;
  private volatile long lastList;
  private volatile boolean listed;
  private long lastRestart;
  private boolean restarted;

  /**
   * Creates an audit.
   *
   * @param client whose requests time out within seconds
   * @param restart restarts the watches on new connections
   */
  public WatchAudit(KubernetesClient client, Heartbeats heartbeats, Runnable restart) {
    this.client = client;
    this.heartbeats = heartbeats;
    this.restart = restart;
  }

  /**
   * Returns whether missing renewals can be believed: at most one node is late, or the API server
   * confirmed the renewals that the watch reported.
   */
  public boolean confirms(long now) {
    return heartbeats.late(now).size() <= 1 || (listed && now - lastList <= HOLDS);
  }

  /**
   * Lists the Leases if no renewal of several nodes came and the last list is some time ago. An
   * outage of the API server resets the timers of the nodes, but not that of the watch.
   */
  public void check(long now) {
    if (!behind.isEmpty()) {
      restartIfBehind(now);
      return;
    }
    Map<String, Silence> late = heartbeats.unheard(now);
    if (late.size() <= 1 || (listed && now - lastList < EVERY)) {
      return;
    }
    behind = list(late.keySet());
    answered = System.nanoTime();
    lastList = now;
    listed = true;
  }

  /** Restarts the watches if this one is still behind the last list. */
  private void restartIfBehind(long now) {
    if (now - answered < GRACE) {
      return;
    }
    behind.entrySet().removeIf(each -> !isStillTold(each.getKey(), each.getValue()));
    int missed = behind.size();
    behind = Map.of();
    if (missed > 0 && (!restarted || now - lastRestart >= RESTART_EVERY)) {
      LOG.warnf(
          "The watch of Leases in %s missed the renewals of %d nodes because its connection hangs. All watches restart on new connections. If this recurs, check the load balancer before the API server for idle timeouts.",
          FailoverStore.NODE_LEASES, missed);
      restarted = true;
      lastRestart = now;
      restart.run();
    }
  }

  private boolean isStillTold(String node, String renewTime) {
    return heartbeats.told(node).filter(renewTime::equals).isPresent();
  }

  /**
   * Lists the Leases in etcd, and reports to the heartbeats what the watch has not reported.
   *
   * @return the renewals that the watch had reported, of the nodes for which the list shows others
   */
  private Map<String, String> list(Set<String> late) {
    Map<String, String> told = new HashMap<>();
    late.forEach(node -> heartbeats.told(node).ifPresent(each -> told.put(node, each)));
    Map<String, String> found = new HashMap<>();
    String next = null;
    do {
      ListOptions page = new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
      var leases =
          client
              .genericKubernetesResources(Resources.LEASES)
              .inNamespace(FailoverStore.NODE_LEASES)
              .list(page);
      for (var each : leases.getItems()) {
        JsonNode lease = JSON.valueToTree(each);
        String node = each.getMetadata().getName();
        String before = told.get(node);
        if (before != null
            && heartbeats.listed(
                node,
                before,
                NodeReader.renewTime(lease),
                NodeReader.leaseDuration(lease),
                System.nanoTime())) {
          found.put(node, before);
        }
      }
      next = leases.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    return found;
  }
}
