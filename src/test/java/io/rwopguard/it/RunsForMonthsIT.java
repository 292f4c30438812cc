package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.apiserver.KnownPods;
import io.rwopguard.testing.apiserver.MountedAccount;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.apiserver.ReplaceableApiServer;
import io.rwopguard.testing.process.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs one process of the service, with the account of a Pod, through the events of months in a
 * cluster. Each step ends with a new Pod that the service has to know.
 */
@OnSecondApiServer
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RunsForMonthsIT {

  @TempDir private static Path mount;
  @TempDir private static Path home;

  private ReplaceableApiServer api;
  private MountedAccount account;
  private KnownPods pods;
  private ServiceProcess service;

  @BeforeAll
  void start() throws Exception {
    api = new ReplaceableApiServer(ReplaceableApiServer.loopback());
    account = new MountedAccount(api, mount);
    pods = new KnownPods(api.client());
    service =
        new ServiceProcess(
            account.environment(),
            "user.home=" + home,
            "rwop-guard.namespace=default",
            "rwop-guard.failover.mode=observe");
    await().until(() -> service.health("ready") == 200);
  }

  @AfterAll
  void stop() {
    if (service != null) {
      service.close();
    }
    if (api != null) {
      api.close();
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  private void awaitKnown(String name) {
    await()
        .alias("Pod %s to be known; the log is in %s".formatted(name, service.directory()))
        .until(() -> KnownPods.isKnown(service, "localhost", name));
  }

  @Test
  @Order(1)
  void knows_the_pods_of_an_api_server_at_its_address() throws Exception {
    pods.create("at-first");

    awaitKnown("at-first");
    assertThat(service.log()).contains(api.url());
  }

  @Test
  @Order(2)
  void trusts_the_new_ca_of_an_api_server_that_was_replaced() throws Exception {
    api.stop();
    api.backUp();
    api.useNewCa();
    // as while a file is copied
    Path ca = mount.resolve("ca.crt").toRealPath();
    String old = Files.readString(ca);
    Files.writeString(ca, old.substring(0, old.length() / 2));
    api.start();
    pods.create("after-the-ca");
    await().until(() -> service.log().contains("cannot be used"));
    account.layOut();

    awaitKnown("after-the-ca");
    assertThat(service.log()).contains("New connections to the API server trust the new ones.");
  }

  @Test
  @Order(3)
  void sends_the_new_token_after_a_watch_ended_and_the_old_one_is_invalid() throws Exception {
    String old = account.token();
    account.invalidateToken();
    account.rotateToken();
    api.stop();
    api.start();
    assertThat(account.isValid(old)).isFalse();
    pods.create("after-the-token");

    awaitKnown("after-the-token");
  }

  /** Adds an object that only failover watches. */
  private void requestFailover(String name) {
    api.client()
        .resource(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: %s
              namespace: default
              labels: {rwop-guard.io/record: request}
            """
                .formatted(name))
        .create();
  }

  @Test
  @Order(4)
  void lists_again_after_etcd_was_restored_from_a_backup() throws Exception {
    for (int i = 0; i < 50; i++) {
      pods.create("lost-" + i);
    }
    requestFailover("lost-49");
    awaitKnown("lost-49");
    api.stop();
    api.restore();
    api.start();
    // a token that was issued after the backup is bound to a Secret that no longer exists
    account.rotateToken();
    pods.create("after-the-restore");

    awaitKnown("after-the-restore");
    await().until(() -> !KnownPods.isKnown(service, "localhost", "lost-49"));
    await()
        .until(() -> service.log().contains("watch of requests for manual failovers had reported"));
  }
}
