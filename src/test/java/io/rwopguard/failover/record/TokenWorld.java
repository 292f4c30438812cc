package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** Claims with a Pod each in memory, and controllers that see them late. */
final class TokenWorld {

  static final String NAMESPACE = "shop";
  static final String OWN = "rwop-guard";
  static final ResourceDefinitionContext PODS = Resources.of(Kind.POD);
  static final ResourceDefinitionContext CLAIMS = Resources.of(Kind.PERSISTENT_VOLUME_CLAIM);
  static final ResourceDefinitionContext VOLUMES = Resources.of(Kind.PERSISTENT_VOLUME);
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> MODES = List.of("ReadWriteOncePod");

  final MemoryCluster cluster = new MemoryCluster();
  final Map<ClaimKey, String> refused = new HashMap<>();
  Instant now = Instant.parse("2026-11-27T00:00:00Z");
  long nanos;

  private final Clocks clocks = new Clocks(() -> nanos, () -> now);
  private final String own;
  private int number;

  TokenWorld() {
    this(OWN);
  }

  /** A world in which the controller's own namespace may be that of the claims. */
  TokenWorld(String own) {
    this.own = own;
  }

  void pass(int seconds) {
    now = now.plusSeconds(seconds);
    nanos += seconds * 1_000_000_000L;
  }

  static ClaimKey key(String name) {
    return new ClaimKey(NAMESPACE, name);
  }

  /** A claim, bound to a new volume of this storage, without a Pod. */
  void database(String name, String handle) {
    ObjectNode volume = object("pv-" + name + "-" + ++number, "");
    volume.putObject("spec").putObject("csi").put("driver", "d").put("volumeHandle", handle);
    volume.withObject("/spec").putObject("claimRef").put("namespace", NAMESPACE).put("name", name);
    cluster.create(VOLUMES, "", volume);
    ObjectNode claim = object(name, NAMESPACE);
    claim.putObject("spec").put("volumeName", volume.path("metadata").path("name").asText());
    cluster.delete(CLAIMS, NAMESPACE, name, volume);
    // garbage collection takes the Lease of the claim before
    cluster.delete(Resources.LEASES, NAMESPACE, "rwop-guard-" + name, volume);
    cluster.create(CLAIMS, NAMESPACE, claim);
  }

  /** Replaces the claim's Pod, and returns the new one's holder text. */
  String pod(String name) {
    ObjectNode pod = object(name + "-0", NAMESPACE);
    pod.putObject("spec").put("claim", name);
    cluster.delete(PODS, NAMESPACE, name + "-0", pod);
    String uid = cluster.create(PODS, NAMESPACE, pod).path("metadata").path("uid").asText();
    return name + "-0/" + uid;
  }

  void removePod(String name) {
    cluster.delete(PODS, NAMESPACE, name + "-0", JSON.createObjectNode());
  }

  static ObjectNode object(String name, String namespace) {
    ObjectNode json = JSON.createObjectNode();
    json.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      json.withObject("/metadata").put("namespace", namespace);
    }
    return json;
  }

  Optional<JsonNode> lease(String name) {
    return cluster.get(Resources.LEASES, NAMESPACE, "rwop-guard-" + name);
  }

  static String holder(JsonNode lease) {
    return lease.path("spec").path("holderIdentity").asText();
  }

  static int token(JsonNode lease) {
    return lease.path("spec").path("leaseTransitions").asInt();
  }

  /** The ledger's entry for a storage, by a live read. */
  Optional<TokenEntry> entry(String handle) {
    ObjectNode volume = JSON.createObjectNode();
    volume.putObject("spec").putObject("csi").put("driver", "d").put("volumeHandle", handle);
    String storage = TokenLedger.storageOf(volume);
    return cluster
        .get(Resources.CONFIG_MAPS, OWN, TokenLedger.shardOf(storage))
        .map(json -> TokenShard.read("", Optional.of(json)).entries().get(storage));
  }

  /** A replica of the controller, with a view that is as old as its last refresh. */
  final class Controller {
    boolean leads = true;
    final PrimaryLeases leases;
    private final View view = new View();

    Controller(ClusterApi api) {
      ConditionLog problems = new ConditionLog(TokenWorld.class, "");
      FailoverStore writes = new FailoverStore(api, () -> leads);
      leases =
          new PrimaryLeases(
              new PrimaryLeases.Parts(
                  writes,
                  new TokenLedger(writes, OWN, clocks, problems),
                  view,
                  claim -> Optional.ofNullable(view.leases.get(claim)),
                  problems,
                  clocks,
                  own,
                  "rwop-guard-election"),
              refused::put,
              Runnable::run);
      refresh();
    }

    void refresh() {
      view.refresh();
    }

    /** A pass on what is known now. */
    void look() {
      refresh();
      leases.update();
    }
  }

  /** The objects as they were at the last refresh. */
  private final class View implements Inventory {
    private final Map<ClaimKey, PrimaryLease> leases = new HashMap<>();
    private final Inventory nothing = new EmptyInventory();
    private List<ClaimConsumer> pods = List.of();
    private Map<String, Volume> volumes = Map.of();

    void refresh() {
      List<ClaimConsumer> users = new ArrayList<>();
      for (JsonNode pod : cluster.list(PODS, NAMESPACE, "", "")) {
        JsonNode metadata = pod.path("metadata");
        users.add(
            new ClaimConsumer(
                    new ObjectKey(Kind.POD, NAMESPACE, metadata.path("name").asText()),
                    Optional.empty(),
                    Set.of(key(pod.path("spec").path("claim").asText())),
                    true)
                .at(
                    new PodStatus(
                        metadata.path("uid").asText(), "node", false, false, true, false, "")));
      }
      pods = users;
      leases.clear();
      for (JsonNode lease : cluster.list(Resources.LEASES, NAMESPACE, "", "")) {
        if (lease.path("metadata").path("labels").has(PrimaryLease.LABEL)) {
          PrimaryLease.read(lease).ifPresent(read -> leases.put(read.claim(), read));
        }
      }
      volumes = new HashMap<>();
      for (JsonNode volume : cluster.list(VOLUMES, "", "", "")) {
        String name = volume.path("metadata").path("name").asText();
        volumes.put(name, new Volume(name, MODES, Optional.of("d")));
      }
    }

    @Override
    public Stream<ClaimConsumer> pods() {
      return pods.stream();
    }

    @Override
    public Lookup<Claim> claim(ClaimKey key) {
      return Lookup.found(new Claim(key, MODES, Optional.empty(), ""));
    }

    @Override
    public Lookup<Volume> volume(String name) {
      return volumes.containsKey(name) ? Lookup.found(volumes.get(name)) : Lookup.unknown();
    }

    @Override
    public Lookup<Namespace> namespace(String name) {
      return Lookup.found(new Namespace(name, Map.of("rwop-guard.io/failover", "enabled")));
    }

    @Override
    public Lookup<StorageClass> storageClass(String name) {
      return nothing.storageClass(name);
    }

    @Override
    public Lookup<StorageClass> defaultStorageClass() {
      return nothing.defaultStorageClass();
    }

    @Override
    public Lookup<CsiDriver> csiDriver(String name) {
      return nothing.csiDriver(name);
    }

    @Override
    public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
      return nothing.claimUser(key);
    }

    @Override
    public List<ClaimConsumer> usersOf(ClaimKey claim) {
      return nothing.usersOf(claim);
    }

    @Override
    public CompletionStage<Inventory> learn(LookupRequest questions) {
      return nothing.learn(questions);
    }
  }
}
