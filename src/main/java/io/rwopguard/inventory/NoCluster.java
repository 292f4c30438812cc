package io.rwopguard.inventory;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The inventory of a service that no cluster was configured for: nothing is known. */
public final class NoCluster implements Inventory {

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    return Lookup.unknown();
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return Lookup.unknown();
  }

  @Override
  public CompletionStage<Inventory> learn(Set<ClaimKey> claims) {
    return CompletableFuture.completedFuture(this);
  }
}
