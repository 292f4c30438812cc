package io.rwopguard.rules;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.stream.Stream;

/**
 * The inventory of a cluster with these Pods, workloads and nodes. Everything else comes from the
 * manifests of a test, or is unknown.
 */
final class RunningInventory extends EmptyInventory {

  private final List<ClaimConsumer> users;
  private final Lookup<Nodes> nodes;

  RunningInventory(List<ClaimConsumer> users, Lookup<Nodes> nodes) {
    this.users = users;
    this.nodes = nodes;
  }

  /** Creates the inventory of a cluster whose nodes are not known. */
  RunningInventory(ClaimConsumer... users) {
    this(List.of(users), Lookup.unknown());
  }

  @Override
  public boolean knowsCluster() {
    return true;
  }

  @Override
  public Lookup<Nodes> nodes() {
    return nodes;
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return users.stream()
        .filter(user -> user.key().equals(key))
        .findFirst()
        .map(Lookup::found)
        .orElseGet(Lookup::unknown);
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return users.stream().filter(user -> user.claims().contains(claim)).toList();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return users.stream().filter(user -> user.key().kind() == Kind.POD);
  }
}
