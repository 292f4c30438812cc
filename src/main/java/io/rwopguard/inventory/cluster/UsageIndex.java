package io.rwopguard.inventory.cluster;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.kube.RecordStore;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Maps each claim to the Pods and workloads that name it, so that no request searches all Pods of a
 * cluster. The informers write it, and requests read it.
 */
final class UsageIndex implements RecordStore.Listener<ClaimConsumer> {

  static final int MOST_CLAIMS = 10_000;

  private final Map<ClaimKey, Map<ObjectKey, ClaimConsumer>> users = new ConcurrentHashMap<>();

  /** The number of the latest Pod of each claim, for the claims with the most recent Pods. */
  private final Map<ClaimKey, Long> lastPods =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ClaimKey, Long> eldest) {
          return size() > MOST_CLAIMS;
        }
      };

  private long pods;

  /** Returns a number that grows with each new Pod of a claim; zero if there was none for long. */
  long podsSeen(ClaimKey claim) {
    synchronized (lastPods) {
      return lastPods.getOrDefault(claim, 0L);
    }
  }

  List<ClaimConsumer> usersOf(ClaimKey claim) {
    return List.copyOf(users.getOrDefault(claim, Map.of()).values());
  }

  @Override
  public void changed(Optional<ClaimConsumer> before, Optional<ClaimConsumer> after) {
    after
        .filter(user -> user.key().kind() == Kind.POD && before.isEmpty())
        .ifPresent(pod -> saw(pod.claims()));
    after.ifPresent(user -> user.claims().forEach(claim -> put(claim, user)));
    before.ifPresent(
        user ->
            user.claims().stream()
                .filter(claim -> after.map(now -> !now.claims().contains(claim)).orElse(true))
                .forEach(claim -> remove(claim, user)));
  }

  private void saw(Set<ClaimKey> claimsOfPod) {
    synchronized (lastPods) {
      pods++;
      claimsOfPod.forEach(claim -> lastPods.put(claim, pods));
    }
  }

  private void put(ClaimKey claim, ClaimConsumer user) {
    users.compute(
        claim,
        (key, known) -> {
          // nearly every claim has two consumers, a Pod and its workload
          Map<ObjectKey, ClaimConsumer> all = known == null ? new ConcurrentHashMap<>(2) : known;
          all.put(user.key(), user);
          return all;
        });
  }

  private void remove(ClaimKey claim, ClaimConsumer user) {
    users.computeIfPresent(
        claim,
        (key, known) -> {
          known.remove(user.key());
          return known.isEmpty() ? null : known;
        });
  }
}
