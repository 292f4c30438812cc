package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimKey;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.it.ApiServer;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is known of the claims of a real API server, by informers and by live reads. */
class ClusterInventoryIT {

  private static final String NAMESPACE = "inventory";
  private static final ClaimKey CLAIM = new ClaimKey(NAMESPACE, "data");
  private static final ClaimKey NO_CLAIM = new ClaimKey(NAMESPACE, "nothing");

  private static KubernetesClient client;

  @BeforeAll
  static void objects() {
    client = ApiServer.running().client();
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: inventory-volume}
            spec:
              accessModes: [ReadWriteOncePod]
              capacity: {storage: 1Gi}
              csi: {driver: csi.example.org, volumeHandle: a}
            """)
        .create();
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: inventory}
            spec:
              accessModes: [ReadWriteOncePod]
              volumeName: inventory-volume
              resources: {requests: {storage: 1Gi}}
            """)
        .create();
  }

  private static Inventory learn(ClusterInventory inventory, ClaimKey... claims) throws Exception {
    return inventory.learn(Set.of(claims)).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void knows_nothing_before_the_informers_and_takes_nothing_for_absent() {
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(5))) {
      assertThat(inventory.hasSynced()).isFalse();
      assertThat(inventory.claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
    }
  }

  @Test
  void learns_by_a_live_read_what_the_informers_have_not_seen() throws Exception {
    // never started: whatever it learns, it learns live
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      Inventory learnt = learn(inventory, CLAIM, NO_CLAIM);

      assertThat(learnt.claim(CLAIM).value())
          .contains(new Claim(CLAIM, List.of("ReadWriteOncePod"), "inventory-volume"));
      assertThat(learnt.volume("inventory-volume").value())
          .hasValueSatisfying(
              volume -> assertThat(volume.accessModes()).containsExactly("ReadWriteOncePod"));
      assertThat(learnt.claim(NO_CLAIM)).isInstanceOf(Lookup.Absent.class);
      assertThat(inventory.claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
    }
  }

  @Test
  void the_informers_know_the_claim_and_its_volume_and_need_no_live_read() throws Exception {
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(5))) {
      inventory.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(inventory::hasSynced);

      assertThat(inventory.claim(CLAIM).value())
          .contains(new Claim(CLAIM, List.of("ReadWriteOncePod"), "inventory-volume"));
      assertThat(learn(inventory, CLAIM)).isSameAs(inventory);
    }
  }

  @Test
  void gives_up_on_an_api_server_that_does_not_answer_and_says_unknown() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        KubernetesClient stuck = clientOf("http://127.0.0.1:" + silent.getLocalPort());
        ClusterInventory inventory = new ClusterInventory(stuck, Duration.ofMillis(200))) {
      Inventory learnt =
          inventory.learn(Set.of(CLAIM)).toCompletableFuture().get(9, TimeUnit.SECONDS);

      assertThat(learnt.claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
      // and the read itself is given up too, long before the client's usual 10 s and its retries
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> readsInProgress() == 0);
    }
  }

  private static long readsInProgress() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("live-read"))
        .filter(
            thread ->
                Arrays.stream(thread.getValue())
                    .anyMatch(frame -> frame.getClassName().equals(LiveReads.class.getName())))
        .count();
  }

  @Test
  void never_lets_reads_pile_up_behind_an_api_server_that_does_not_answer() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        KubernetesClient stuck = clientOf("http://127.0.0.1:" + silent.getLocalPort());
        ClusterInventory inventory = new ClusterInventory(stuck, Duration.ofSeconds(60))) {
      Set<ClaimKey> many = new HashSet<>();
      for (int i = 0; i < 32; i++) {
        many.add(new ClaimKey(NAMESPACE, "c" + i));
      }
      var first = inventory.learn(many).toCompletableFuture();

      Inventory second =
          inventory.learn(Set.of(CLAIM)).toCompletableFuture().get(9, TimeUnit.SECONDS);

      assertThat(second.claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
      assertThat(first).isNotDone();
    }
  }

  @Test
  void an_api_server_that_refuses_the_connection_leaves_the_claim_unknown() throws Exception {
    try (KubernetesClient nowhere = clientOf("http://127.0.0.1:1");
        ClusterInventory inventory = new ClusterInventory(nowhere, Duration.ofSeconds(5))) {
      assertThat(learn(inventory, CLAIM).claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
    }
  }

  private static KubernetesClient clientOf(String url) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(Config.empty()).withMasterUrl(url).build())
        .build();
  }
}
