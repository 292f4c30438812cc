package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.it.KillingProxy.When;

/**
 * Two runs of a migration beside real controllers. Each runs through its own proxy that can hold or
 * kill it.
 */
final class TwoRuns implements AutoCloseable {

  private final ControlledCluster cluster;
  private final KillingProxy first;
  private final KillingProxy second;

  TwoRuns(String namespace) throws Exception {
    cluster = new ControlledCluster(namespace, "disabled");
    first = new KillingProxy(cluster.client());
    second = new KillingProxy(cluster.client());
  }

  ControlledCluster cluster() {
    return cluster;
  }

  KillingProxy first() {
    return first;
  }

  KillingProxy second() {
    return second;
  }

  /** Lets both pass on everything. */
  void reset() {
    first.killAt(When.NEVER, 0);
    second.killAt(When.NEVER, 0);
  }

  /** Kills the first run after this write, and lets the next one pass. */
  void killedAfter(MigratedSet set, int write) {
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
