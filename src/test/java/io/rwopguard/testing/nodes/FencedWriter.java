package io.rwopguard.testing.nodes;

import static org.assertj.core.api.Assertions.assertThat;

/** A writer on a driver that only a fence keeps a node from, and the return of that node. */
public final class FencedWriter implements AutoCloseable {

  /** Seconds, as by default. */
  private static final double SUSPECTED_AFTER = 15;

  /** The writer writes five lines a second, and clocks are read one after the other. */
  private static final double A_FEW_LINES = 1;

  private final FailoverCluster failover;
  private final FenceControllersOnNodes controllers;
  private final String name;
  private String node;
  private boolean returned = true;

  /** Starts the writer and the controllers of both kinds of fences. */
  public FencedWriter(FailoverCluster failover, String name, String storageClass) {
    this.failover = failover;
    this.name = name;
    controllers = new FenceControllersOnNodes(failover);
    failover.writers.start(name, storageClass);
    failover.calm();
  }

  /** Cuts the writer's node off until another Pod writes; returns the time of the cut. */
  public double cutUntilSuccessorWrites() {
    node = failover.writers.node(name);
    String before = failover.writers.pod(name).orElseThrow().getMetadata().getUid();
    double silent = failover.secondsSinceRenewal(node);
    double cut = Writers.now();
    returned = false;
    failover.cluster.node("cut", node);
    controllers.await(() -> failover.writers.successorWrites(name, cut));
    // no fence comes before the node is suspected, and its silence begins with its last renewal
    assertThat(failover.writers.read(name).last(before))
        .as("the last line of a container that writes on while its node is cut off")
        .isGreaterThan(cut - silent + SUSPECTED_AFTER - A_FEW_LINES);
    return cut;
  }

  public boolean isBlocked() {
    return controllers.blocks(node);
  }

  public boolean wasSwitchedOff() {
    return controllers.hasSwitchedOff(node);
  }

  /** Heals the node and waits until an event asks for its reboot. */
  public void healUntilRebootIsAskedFor() {
    failover.cluster.node("heal", node);
    controllers.await(
        () ->
            failover.events(node).stream()
                .filter(event -> event.startsWith("FailoverRebootRequired"))
                .anyMatch(event -> event.contains("reboot it") || event.contains("Reboot the")));
  }

  public void switchOff() {
    failover.cluster.node("kill", node);
  }

  /** Heals the node and waits until nothing is left of the fence. */
  public void healUntilReturned() {
    failover.cluster.node("heal", node);
    controllers.await(
        () ->
            failover.nodes().stream()
                    .filter(each -> each.getMetadata().getName().equals(node))
                    .allMatch(
                        each -> FailoverCluster.isReady(each) && !FailoverCluster.isTainted(each))
                && controllers.isIdle());
    returned = true;
  }

  /** Brings the node back and ends the writer, also after a failure. */
  @Override
  public void close() {
    try {
      if (!returned) {
        switchOff();
        healUntilReturned();
      }
    } finally {
      controllers.close();
      failover.writers.stop(name);
    }
  }
}
