package io.rwopguard.model;

import java.util.Optional;
import java.util.Set;

/**
 * The owner that created an object and reconciles it: the {@code ownerReference} with {@code
 * controller: true}, in the object's own namespace.
 *
 * @param kind its kind, if rwop-guard reads it; an operator's own kinds are not read
 * @param kindName the name of its kind in the reference
 */
public record Controller(Optional<Kind> kind, String kindName, String name) {

  private static final Set<Kind> OF_PODS =
      Set.of(
          Kind.REPLICA_SET,
          Kind.STATEFUL_SET,
          Kind.DAEMON_SET,
          Kind.JOB,
          Kind.REPLICATION_CONTROLLER);

  /**
   * Returns whether Kubernetes has a controller that creates objects of one kind for an owner of
   * this kind, and that reconciles all objects with such an owner.
   */
  public boolean makes(Kind made) {
    return kind.map(
            owner ->
                switch (made) {
                  case POD -> OF_PODS.contains(owner);
                  case REPLICA_SET -> owner == Kind.DEPLOYMENT;
                  case JOB -> owner == Kind.CRON_JOB;
                  default -> false;
                })
        .orElse(false);
  }

  @Override
  public String toString() {
    return kindName + " " + name;
  }
}
