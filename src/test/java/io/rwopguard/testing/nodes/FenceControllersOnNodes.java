package io.rwopguard.testing.nodes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.fence.FenceControllers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/**
 * Simulates the controllers of csi-addons and medik8s, with the real cluster's storage and nodes. A
 * NetworkFence blocks addresses at the storage of the class {@code network}. The fence agent of a
 * FenceAgentsRemediation switches the node off.
 */
public final class FenceControllersOnNodes implements AutoCloseable {

  /** The storage class whose driver a NetworkFence serves. */
  public static final String BLOCKED_CLASS = "network";

  /** The storage class whose driver a FenceAgentsRemediation serves. */
  public static final String POWERED_CLASS = "attached";

  private static final String DRIVER = ".csi.rwop-guard.io";
  private static final String TEMPLATE =
      """
      apiVersion: fence-agents-remediation.medik8s.io/v1alpha1
      kind: FenceAgentsRemediationTemplate
      metadata: {name: power, namespace: default}
      spec: {template: {spec: {agent: fence_ipmilan, sharedparameters: {"--action": "off"}}}}
      """;

  /** The taint of release 0.7. */
  private static final String TAINT = "remediation.medik8s.io/fence-agents-remediation";

  private final FailoverCluster failover;
  private final FenceControllers controllers;
  private final Set<String> blocked = new TreeSet<>();
  private final Map<String, FenceControllers.Condition> switchedOff = new HashMap<>();

  FenceControllersOnNodes(FailoverCluster failover) {
    this.failover = failover;
    controllers = new FenceControllers(failover.cluster.client());
    failover.cluster.kubectl(TEMPLATE, "apply -f -").succeeded();
    failover.deploy(
        stated(BLOCKED_CLASS),
        "failover.fences.storage.type=network-fence",
        "failover.fences.storage.drivers[0]=" + BLOCKED_CLASS + DRIVER,
        "failover.fences.storage.secretName=storage",
        "failover.fences.storage.secretNamespace=default",
        stated(POWERED_CLASS),
        "failover.fences.power.type=fence-agents-remediation",
        "failover.fences.power.drivers[0]=" + POWERED_CLASS + DRIVER,
        "failover.fences.power.template=power",
        "failover.fences.power.templateNamespace=default");
  }

  private static String stated(String storageClass) {
    return "failover.drivers.%s.stoppedByFence=true"
        .formatted((storageClass + DRIVER).replace(".", "\\."));
  }

  /** Waits for a condition, while both controllers reconcile. */
  public void await(Callable<Boolean> condition) {
    RealCluster.await()
        .until(
            () -> {
              reconcile();
              return condition.call();
            });
  }

  private void reconcile() {
    try {
      controllers.reconcileNetworkFences(this::set);
      controllers.reconcileRemediations(new PowerSwitch());
    } catch (KubernetesClientException e) {
      // the object changed meanwhile: it is reconciled again, as by a controller
      if (e.getCode() != 409 && e.getCode() != 404) {
        throw e;
      }
    }
  }

  private void set(List<String> cidrs, boolean blocks) {
    for (String cidr : cidrs) {
      String address = cidr.replace("/32", "");
      if (blocks ? blocked.add(address) : blocked.remove(address)) {
        failover.cluster.script("storage", blocks ? "block" : "unblock", address);
      }
    }
  }

  /** Returns whether the storage blocks an address of the node. */
  public boolean blocks(String node) {
    return failover
        .cluster
        .client()
        .nodes()
        .withName(node)
        .get()
        .getStatus()
        .getAddresses()
        .stream()
        .anyMatch(address -> blocked.contains(address.getAddress()));
  }

  boolean hasSwitchedOff(String node) {
    return switchedOff.containsKey(node);
  }

  /** Returns whether all fences and remediations are gone. */
  public boolean isIdle() {
    return controllers.isIdle();
  }

  private final class PowerSwitch implements FenceControllers.Agent {

    @Override
    public FenceControllers.Condition run(JsonNode remediation) {
      String node = remediation.at("/metadata/name").asText();
      return switchedOff.computeIfAbsent(
          node,
          name -> {
            taint(name, true);
            failover.cluster.node("kill", name);
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            return new FenceControllers.Condition("True", "", now);
          });
    }

    @Override
    public void end(JsonNode remediation) {
      taint(remediation.at("/metadata/name").asText(), false);
    }
  }

  private void taint(String name, boolean tainted) {
    failover
        .cluster
        .client()
        .nodes()
        .withName(name)
        .edit(
            node -> {
              var spec =
                  new NodeBuilder(node)
                      .editSpec()
                      .removeMatchingFromTaints(taint -> TAINT.equals(taint.getKey()));
              if (tainted) {
                spec.addNewTaint().withKey(TAINT).withEffect("NoSchedule").endTaint();
              }
              return spec.endSpec().build();
            });
  }

  /** Lifts what a failed test left at the storage. */
  @Override
  public void close() {
    set(List.copyOf(blocked), false);
  }
}
