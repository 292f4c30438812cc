package io.rwopguard.inventory.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The objects of manifests that other objects name. Another inventory answers what the manifests do
 * not contain: a cluster's, or an empty one. A manifest overrides the running state, because it is
 * the desired state.
 *
 * <p>Files can contain {@linkplain Alternatives alternatives} of an object. The answers then depend
 * on the place that it is {@linkplain #seenFrom seen from}.
 */
public final class ManifestInventory implements Inventory {

  /**
   * The content of the manifests; shared with the inventories that {@link #learn} returns.
   *
   * @param usage the named consumers of each claim
   * @param namelessUsers the consumers of each claim in one file whose names the API server
   *     generates
   */
  private record Written(
      Versions<ClaimKey, Claim> claims,
      Versions<String, Volume> volumes,
      Versions<String, StorageClass> storageClasses,
      Versions<String, CsiDriver> csiDrivers,
      Versions<String, Namespace> namespaces,
      Versions<ObjectKey, ClaimConsumer> users,
      Map<ClaimKey, Set<ObjectKey>> usage,
      Versions<ClaimKey, List<ClaimConsumer>> namelessUsers,
      Alternatives alternatives) {}

  private final Inventory other;
  private final Written written;
  private final Origin from;

  /** Creates an inventory without manifests. */
  public ManifestInventory(Inventory other) {
    this(
        other,
        new Written(
            new Versions<>(),
            new Versions<>(),
            new Versions<>(),
            new Versions<>(),
            new Versions<>(),
            new Versions<>(),
            new HashMap<>(),
            new Versions<>(),
            new Alternatives()),
        Origin.NONE);
  }

  private ManifestInventory(Inventory other, Written written, Origin from) {
    this.other = other;
    this.written = written;
    this.from = from;
  }

  /** Returns the inventory for the evaluation of a manifest at this place. */
  public ManifestInventory seenFrom(Origin place) {
    return new ManifestInventory(other, written, place);
  }

  /** Adds an object of a kind that rwop-guard reads and that has one version. */
  public void add(ObjectFacts object) {
    add(object, Origin.NONE, Content.of(object, MissingNode.getInstance()));
  }

  /**
   * Adds an object of a kind that rwop-guard reads.
   *
   * @param origin the place of the manifest
   * @param content the content of the manifest, which the facts contain only in part
   */
  public void add(ObjectFacts object, Origin origin, Content content) {
    written.alternatives().add(origin, object.key(), content);
    if (object.volume().isPresent()) {
      written.volumes().put(object.name(), origin, Volume.of(object));
    } else if (object.claim().isPresent()) {
      Claim claim = Claim.of(object);
      written.claims().put(claim.key(), origin, claim);
    } else if (object.podTemplate().isPresent()) {
      add(ClaimConsumer.of(object), origin);
    }
  }

  private void add(ClaimConsumer user, Origin origin) {
    if (user.key().name().isEmpty()) {
      user.claims()
          .forEach(claim -> written.namelessUsers().get(claim, origin, ArrayList::new).add(user));
      return;
    }
    written.users().put(user.key(), origin, user);
    for (ClaimKey claim : user.claims()) {
      written.usage().computeIfAbsent(claim, key -> new LinkedHashSet<>(2)).add(user.key());
    }
  }

  /** Adds an object that is neither a workload nor a volume and that has one version. */
  public void addOther(JsonNode object) {
    addOther(object, Origin.NONE);
  }

  /**
   * Adds an object that is neither a workload nor a volume: a StorageClass, CSIDriver or namespace.
   */
  public void addOther(JsonNode object, Origin origin) {
    String name = KubeObject.of(object).metadata().path("name").asText();
    switch (object.path("apiVersion").asText() + " " + object.path("kind").asText()) {
      case "storage.k8s.io/v1 StorageClass" ->
          written.storageClasses().put(name, origin, StorageClass.of(object));
      case "storage.k8s.io/v1 CSIDriver" ->
          written.csiDrivers().put(name, origin, CsiDriver.of(object));
      case "v1 Namespace" -> written.namespaces().put(name, origin, Namespace.of(object));
      default -> {}
    }
  }

  /** Returns unknown for alternatives at the same distance, because any of them may be applied. */
  private <K, T> Lookup<T> lookup(
      Versions<K, T> versions, K key, Function<Inventory, Lookup<T>> otherwise) {
    List<T> nearest = nearest(versions, key);
    return switch (nearest.size()) {
      case 0 -> otherwise.apply(other);
      case 1 -> Lookup.found(nearest.get(0));
      default -> Lookup.unknown();
    };
  }

  private <K, T> List<T> nearest(Versions<K, T> versions, K key) {
    return versions.nearest(key, from, written.alternatives());
  }

  @Override
  public boolean knowsCluster() {
    return other.knowsCluster();
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return lookup(written.claims(), key, inventory -> inventory.claim(key));
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(written.volumes(), name, inventory -> inventory.volume(name));
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return lookup(written.storageClasses(), name, inventory -> inventory.storageClass(name));
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    List<StorageClass> defaults = new ArrayList<>();
    for (String name : written.storageClasses().keys()) {
      nearest(written.storageClasses(), name).stream()
          .filter(StorageClass::isDefault)
          .forEach(defaults::add);
    }
    if (defaults.size() > 1) {
      // the newest one counts, and manifests do not show which that will be
      return Lookup.unknown();
    }
    return defaults.stream().findFirst().map(Lookup::found).orElseGet(other::defaultStorageClass);
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return lookup(written.csiDrivers(), name, inventory -> inventory.csiDriver(name));
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return lookup(written.namespaces(), name, inventory -> inventory.namespace(name));
  }

  @Override
  public Lookup<Nodes> nodes() {
    return other.nodes();
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return lookup(written.users(), key, inventory -> inventory.claimUser(key));
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    List<ClaimConsumer> all = new ArrayList<>();
    for (ObjectKey key : written.usage().getOrDefault(claim, Set.of())) {
      List<ClaimConsumer> nearest = nearest(written.users(), key);
      // of alternatives at the same distance, only what all of them have in common is certain
      if (!nearest.isEmpty() && nearest.stream().allMatch(user -> user.claims().contains(claim))) {
        all.add(nearest.get(nearest.size() - 1));
      }
    }
    written.namelessUsers().seen(claim, from, written.alternatives()).forEach(all::addAll);
    other.usersOf(claim).stream().filter(user -> !isSaid(user.key(), claim)).forEach(all::add);
    return all;
  }

  /**
   * Returns whether manifests decide if a consumer uses a claim. If alternatives disagree, the
   * running state counts.
   */
  private boolean isSaid(ObjectKey user, ClaimKey claim) {
    return nearest(written.users(), user).stream()
            .map(each -> each.claims().contains(claim))
            .distinct()
            .count()
        == 1;
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return other.pods();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return other.learn(questions).thenApply(learnt -> new ManifestInventory(learnt, written, from));
  }
}
