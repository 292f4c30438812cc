package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.Operator;
import io.rwopguard.testing.apiserver.ApiServer;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks what is known of the claims of a real API server, by informers and by live reads. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterInventoryIT {

  private static final String NAMESPACE = "inventory";
  private static final ClaimKey CLAIM = new ClaimKey(NAMESPACE, "data");
  private static final ClaimKey NO_CLAIM = new ClaimKey(NAMESPACE, "nothing");

  private KubernetesClient client;

  @BeforeAll
  void objects() {
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

  @Test
  void what_one_review_asks_beyond_the_limit_stays_unknown() throws Exception {
    Set<ClaimKey> many =
        IntStream.range(0, 2 * LiveReads.OF_A_REVIEW)
            .mapToObj(i -> new ClaimKey(NAMESPACE, "nothing-" + i))
            .collect(Collectors.toSet());
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(10))) {
      Inventory learnt =
          inventory.learn(about(many)).toCompletableFuture().get(20, TimeUnit.SECONDS);

      assertThat(many.stream().map(learnt::claim))
          .filteredOn(Lookup.Absent.class::isInstance)
          .hasSize(LiveReads.OF_A_REVIEW);
      assertThat(many.stream().map(learnt::claim))
          .filteredOn(Lookup.Unknown.class::isInstance)
          .hasSize(LiveReads.OF_A_REVIEW);
    }
  }

  private static LookupRequest about(Set<ClaimKey> claims) {
    return new LookupRequest(claims, Set.of(), Set.of(), Set.of(), Set.of(), Set.of());
  }

  private static Inventory learn(ClusterInventory inventory, ClaimKey... claims) throws Exception {
    return inventory.learn(about(Set.of(claims))).toCompletableFuture().get(30, TimeUnit.SECONDS);
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
          .contains(
              new Claim(CLAIM, List.of("ReadWriteOncePod"), Optional.empty(), "inventory-volume"));
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
          .contains(
              new Claim(CLAIM, List.of("ReadWriteOncePod"), Optional.empty(), "inventory-volume"));
      assertThat(learn(inventory, CLAIM)).isSameAs(inventory);
    }
  }

  @Test
  void the_informers_know_who_uses_a_claim_and_notice_who_stops() throws Exception {
    ClaimKey claim = new ClaimKey(NAMESPACE, "followed");
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(5))) {
      inventory.start();
      client.resource(pod("early", "followed")).create();
      client.resource(pod("of-another-claim", "other")).create();
      Awaitility.await().until(() -> users(inventory, claim).equals(Set.of("Pod early active")));

      client.resource(pod("late", "followed")).create();
      client.pods().inNamespace(NAMESPACE).withName("early").editStatus(ClusterInventoryIT::over);
      Awaitility.await()
          .until(() -> users(inventory, claim).equals(Set.of("Pod early idle", "Pod late active")));

      client.pods().inNamespace(NAMESPACE).withName("late").withGracePeriod(0).delete();
      client.pods().inNamespace(NAMESPACE).withName("early").withGracePeriod(0).delete();
      Awaitility.await().until(() -> users(inventory, claim).isEmpty());
    }
  }

  @Test
  void a_pod_that_has_just_gone_does_not_count_where_a_refusal_may_rest_on_it() throws Exception {
    ClaimKey claim = new ClaimKey(NAMESPACE, "doubtful");
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      inventory.start();
      client.resource(pod("stays", "doubtful")).create();
      client.resource(pod("goes", "doubtful")).create();
      Awaitility.await().until(() -> users(inventory, claim).size() == 2);
      // as after a watch that is late: what it has seen stays as it is
      inventory.stopWatching();
      client.pods().inNamespace(NAMESPACE).withName("goes").withGracePeriod(0).delete();

      LookupRequest doubts =
          new LookupRequest(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(claim), Set.of());
      Inventory learnt = inventory.learn(doubts).toCompletableFuture().get(30, TimeUnit.SECONDS);

      assertThat(users(inventory, claim)).hasSize(2);
      assertThat(users(learnt, claim)).containsExactly("Pod stays active");
    }
  }

  @Test
  void learns_a_workload_with_its_claims_by_live_reads() throws Exception {
    client
        .resource(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: scaled, namespace: inventory}
            spec:
              replicas: 0
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec:
                  containers: [{name: db, image: db}]
                  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
            """)
        .create();
    ObjectKey key = new ObjectKey(Kind.DEPLOYMENT, NAMESPACE, "scaled");
    // never started: whatever it learns, it learns live
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      LookupRequest questions =
          new LookupRequest(Set.of(), Set.of(), Set.of(key), Set.of(NAMESPACE), Set.of(), Set.of());
      Inventory learnt = inventory.learn(questions).toCompletableFuture().get(30, TimeUnit.SECONDS);

      assertThat(learnt.claimUser(key).value())
          .contains(new ClaimConsumer(key, Optional.empty(), Set.of(CLAIM), false));
      assertThat(learnt.claim(CLAIM).value()).isPresent();
      assertThat(learnt.volume("inventory-volume").value()).isPresent();
      assertThat(learnt.namespace(NAMESPACE).value()).isPresent();
    }
  }

  /** Memory has no workload that has a controller and whose Pods have no claim. */
  @Test
  void learns_the_owners_of_an_owner_by_live_reads() throws Exception {
    create("Deployment", "operated", "example.org/v1", "Database", "db");
    create("ReplicaSet", "operated-1", "apps/v1", "Deployment", "operated");
    ObjectKey key = new ObjectKey(Kind.REPLICA_SET, NAMESPACE, "operated-1");
    // never started: whatever it learns, it learns live
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(20))) {
      LookupRequest questions =
          new LookupRequest(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(key));
      Inventory learnt = inventory.learn(questions).toCompletableFuture().get(30, TimeUnit.SECONDS);

      assertThat(learnt.claimUser(key).value()).isPresent();
      assertThat(learnt.claimUser(new ObjectKey(Kind.DEPLOYMENT, NAMESPACE, "operated")).value())
          .hasValueSatisfying(
              deployment ->
                  assertThat(deployment.operator()).contains(new Operator("Database db", true)));
    }
  }

  private void create(String kind, String name, String ownerGroup, String ownerKind, String owner) {
    client
        .resource(
            """
            apiVersion: apps/v1
            kind: %s
            metadata:
              name: %s
              namespace: inventory
              ownerReferences: [{apiVersion: %s, kind: %s, name: %s, uid: a, controller: true}]
            spec:
              replicas: 0
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec:
                  containers: [{name: db, image: db}]
            """
                .formatted(kind, name, ownerGroup, ownerKind, owner))
        .create();
  }

  @Test
  void the_informers_know_classes_drivers_and_namespaces() throws Exception {
    client
        .resource(
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata:
              name: inventory-class
              annotations: {storageclass.kubernetes.io/is-default-class: "true"}
            provisioner: inventory.csi.example.org
            """)
        .create();
    client
        .resource(
            """
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            metadata: {name: inventory.csi.example.org}
            spec: {attachRequired: false}
            """)
        .create();
    try (ClusterInventory inventory = new ClusterInventory(client, Duration.ofSeconds(5))) {
      inventory.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(inventory::hasSynced);

      assertThat(inventory.storageClass("inventory-class").value())
          .hasValueSatisfying(
              known -> assertThat(known.provisioner()).isEqualTo("inventory.csi.example.org"));
      assertThat(inventory.defaultStorageClass())
          .isEqualTo(inventory.storageClass("inventory-class"));
      assertThat(inventory.csiDriver("inventory.csi.example.org").value())
          .hasValueSatisfying(known -> assertThat(known.attaches()).isFalse());
      assertThat(inventory.namespace(NAMESPACE).value())
          .hasValueSatisfying(known -> assertThat(known.labels()).isEmpty());
    } finally {
      // other tests' claims are not to get this class
      client.storage().v1().storageClasses().withName("inventory-class").delete();
    }
  }

  private static String pod(String name, String claim) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: inventory}
        spec:
          containers: [{name: db, image: db}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
        """
        .formatted(name, claim);
  }

  private static Pod over(Pod pod) {
    return new PodBuilder(pod).editOrNewStatus().withPhase("Succeeded").endStatus().build();
  }

  private static Set<String> users(Inventory inventory, ClaimKey claim) {
    return inventory.usersOf(claim).stream()
        .map(user -> user.key() + (user.active() ? " active" : " idle"))
        .collect(Collectors.toSet());
  }

  @Test
  void gives_up_on_an_api_server_that_does_not_answer_and_says_unknown() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        KubernetesClient stuck = clientOf("http://127.0.0.1:" + silent.getLocalPort());
        ClusterInventory inventory = new ClusterInventory(stuck, Duration.ofMillis(200))) {
      Inventory learnt =
          inventory.learn(about(Set.of(CLAIM))).toCompletableFuture().get(9, TimeUnit.SECONDS);

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
      // one review alone cannot use all threads
      List<CompletableFuture<Inventory>> first = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        Set<ClaimKey> one = Set.of(new ClaimKey(NAMESPACE, "c" + i));
        first.add(inventory.learn(about(one)).toCompletableFuture());
      }

      Inventory second =
          inventory.learn(about(Set.of(CLAIM))).toCompletableFuture().get(9, TimeUnit.SECONDS);

      assertThat(second.claim(CLAIM)).isInstanceOf(Lookup.Unknown.class);
      assertThat(first).noneMatch(CompletableFuture::isDone);
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
