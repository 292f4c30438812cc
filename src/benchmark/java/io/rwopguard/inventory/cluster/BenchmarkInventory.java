package io.rwopguard.inventory.cluster;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Knows 5,000 claims and what the benchmark's requests ask about, in maps that are asked as {@link
 * ClusterInventory} asks its informers' stores. A request that had to be looked up live fails.
 */
public final class BenchmarkInventory implements Inventory {

  private static final int CLAIMS = 5_000;
  private static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");
  private static final Optional<String> CLASS = Optional.of("gp3");
  private static final String DRIVER = "ebs.csi.aws.com";

  private final Map<String, Claim> claims = new HashMap<>();
  private final Map<String, Volume> volumes = new HashMap<>();
  private final Map<String, StorageClass> classes =
      Map.of("gp3", new StorageClass("gp3", DRIVER, false, ""));
  private final Map<String, CsiDriver> drivers = Map.of(DRIVER, new CsiDriver(DRIVER, true));
  private final Map<String, Namespace> namespaces =
      Map.of("shop", new Namespace("shop", Map.of("rwop-guard.io/mutate", "enabled")));

  /** All that is known is there from the start. */
  public BenchmarkInventory() {
    add(new ClaimKey("shop", "data-orders-db-0"), "");
    for (int i = 0; i < CLAIMS; i++) {
      String volume = "pvc-%05d".formatted(i);
      volumes.put(volume, new Volume(volume, EXCLUSIVE, Optional.of(DRIVER)));
      add(new ClaimKey("team-%02d".formatted(i / 200), "data-%05d".formatted(i)), volume);
    }
  }

  private void add(ClaimKey key, String volume) {
    claims.put(key.toString(), new Claim(key, EXCLUSIVE, CLASS, volume));
  }

  private static <T> Lookup<T> lookup(Map<String, T> objects, String key) {
    return Optional.ofNullable(objects.get(key)).map(Lookup::found).orElseGet(Lookup::unknown);
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return lookup(claims, key.toString());
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(volumes, name);
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return lookup(classes, name);
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return Lookup.unknown();
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    return lookup(drivers, name);
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return lookup(namespaces, name);
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return Lookup.unknown();
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return List.of();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return Stream.empty();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    LookupRequest open = UnresolvedLookups.of(questions, this);
    if (!open.isEmpty()) {
      throw new IllegalStateException("nothing is known of " + open);
    }
    return CompletableFuture.completedFuture(this);
  }
}
