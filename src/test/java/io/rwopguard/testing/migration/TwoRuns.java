package io.rwopguard.testing.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;

/**
 * Two runs of a migration beside real controllers. Each runs through its own proxy that can hold or
 * kill it.
 */
public final class TwoRuns implements AutoCloseable {

  private final ControlledCluster cluster;
  private final KillingProxy first;
  private final KillingProxy second;

  public TwoRuns(String namespace) throws Exception {
    cluster = new ControlledCluster(namespace, "disabled");
    first = new KillingProxy(cluster.client());
    second = new KillingProxy(cluster.client());
  }

  public ControlledCluster cluster() {
    return cluster;
  }

  public KillingProxy first() {
    return first;
  }

  public KillingProxy second() {
    return second;
  }

  /** Lets both pass on everything. */
  public void reset() {
    first.killAt(When.NEVER, 0);
    second.killAt(When.NEVER, 0);
  }

  /** Kills the first run after this write, and lets the next one pass. */
  public void killedAfter(MigratedSet set, int write) {
    first.killAt(When.AFTER, write);
    CommandLineResult killed = set.migrate(first, "--apply");
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    first.killAt(When.NEVER, 0);
  }

  @Override
  public void close() {
    first.close();
    second.close();
    cluster.close();
  }
}
