package io.rwopguard.testing.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.concurrent.CompletableFuture;

/**
 * Moves StatefulSets beside real controllers, each held or killed when it is about to make a write,
 * and watches that no volume is lost.
 */
public final class InterruptedMigration implements AutoCloseable {

  private final String namespace;
  private final ControlledCluster cluster;
  private final KillingProxy proxy;

  /**
   * Proxy behind the other one: a request that is held there first does not block what is held
   * next.
   */
  private final KillingProxy first;

  private final KubernetesClient throughFirst;
  private final VolumeLosses losses;
  private int number;
  private MigratedSet set;

  public InterruptedMigration(String namespace) throws Exception {
    this.namespace = namespace;
    cluster = new ControlledCluster(namespace, "disabled");
    first = new KillingProxy(cluster.client());
    Config config = Config.fromKubeconfig(first.kubeconfig().toFile());
    throughFirst = new KubernetesClientBuilder().withConfig(config).build();
    proxy = new KillingProxy(throughFirst);
    losses = new VolumeLosses(cluster.client(), namespace);
  }

  public ControlledCluster cluster() {
    return cluster;
  }

  public KillingProxy proxy() {
    return proxy;
  }

  /** Creates another set, which is moved from now on. */
  public MigratedSet makeSet() throws Exception {
    number++;
    proxy.killAt(When.NEVER, 0);
    set = new MigratedSet(cluster, namespace, "db" + number);
    return set;
  }

  /** Runs the migration to its end; the writes are counted from its first. */
  public CommandLineResult migrate(String... options) {
    proxy.killAt(When.NEVER, 0);
    return set.migrate(proxy, options);
  }

  private CompletableFuture<CommandLineResult> start() {
    return CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply"));
  }

  /** Runs the migration until it is about to send this write, and returns it still running. */
  public CompletableFuture<CommandLineResult> holdAt(String write) throws InterruptedException {
    proxy.holdAtWrite(write);
    CompletableFuture<CommandLineResult> running = start();
    awaitHeld(proxy, running);
    return running;
  }

  /** Does the same with the first such write after this other one. */
  public CompletableFuture<CommandLineResult> holdAfter(String earlier, String write)
      throws InterruptedException {
    proxy.killAt(When.NEVER, 0);
    first.holdAtWrite(earlier);
    CompletableFuture<CommandLineResult> running = start();
    awaitHeld(first, running);
    proxy.holdAtWrite(write);
    first.release();
    awaitHeld(proxy, running);
    return running;
  }

  private static void awaitHeld(KillingProxy proxy, CompletableFuture<CommandLineResult> running)
      throws InterruptedException {
    boolean held = proxy.awaitHeld(running);
    assertThat(held).as("%s%n%s", running, running.getNow(null)).isTrue();
  }

  /** Lets a run that is held make its write, and waits until it ends. */
  public CommandLineResult release(CompletableFuture<CommandLineResult> running) throws Exception {
    proxy.release();
    return running.get();
  }

  /** Kills the migration when it is about to send this write. */
  public void killAt(String write) throws Exception {
    CompletableFuture<CommandLineResult> running = holdAt(write);
    proxy.killAt(When.BEFORE, 1);
    CommandLineResult killed = release(running);
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
  }

  /** Returns when the move was started, as the volume remembers it. */
  public String since() {
    String record = set.volume().getMetadata().getAnnotations().get("rwop-guard.io/migration");
    return record.replaceFirst(".*\"since\":\"([^\"]+)\".*", "$1");
  }

  /** Sets when the move was started, in the record of the volume. */
  public void begunAt(String since) {
    String before = since();
    cluster
        .client()
        .persistentVolumes()
        .withName(set.volumeName())
        .edit(
            volume -> {
              volume
                  .getMetadata()
                  .getAnnotations()
                  .computeIfPresent(
                      "rwop-guard.io/migration", (key, record) -> record.replace(before, since));
              return volume;
            });
  }

  public void assertNothingLost() {
    assertThat(losses.lost()).isEmpty();
    assertThat(losses.hasSeen(set.volumeName())).isTrue();
  }

  @Override
  public void close() {
    losses.close();
    proxy.close();
    throughFirst.close();
    first.close();
    cluster.close();
  }
}
