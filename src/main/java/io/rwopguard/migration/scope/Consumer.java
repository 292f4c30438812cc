package io.rwopguard.migration.scope;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A workload, or a Pod without one, that uses claims by their names.
 *
 * @param key the topmost object of a kind that rwop-guard reads
 * @param keeper the owner that manages that object
 * @param idle whether it runs no Pod and will not until another client changes it
 * @param claims the names of the claims
 */
public record Consumer(
    ObjectKey key, Optional<OwnerReference> keeper, boolean idle, Set<String> claims) {

  private static final Set<String> ENDS = Set.of("Complete", "Failed");

  /** The number of owners to follow: a Pod of a CronJob is two below it, and cycles may exist. */
  private static final int DEPTH = 5;

  public Consumer {
    claims = new TreeSet<>(claims);
  }

  /** Finds the consumers of claims: Pods that have not ended, and objects that create such Pods. */
  public static List<Consumer> of(Map<ObjectKey, JsonNode> workloads, Collection<ClaimKey> claims) {
    Map<ObjectKey, Consumer> found = new LinkedHashMap<>();
    workloads.forEach(
        (key, object) -> {
          ObjectFacts facts = ObjectReader.read(key.kind(), key.namespace(), object);
          Set<String> named =
              facts.namedClaims().stream()
                  .filter(claims::contains)
                  .map(ClaimKey::toString)
                  .collect(Collectors.toSet());
          ObjectKey top = top(workloads, key);
          boolean oldRevision =
              key.kind() == Kind.REPLICA_SET && facts.idle() && top.kind() == Kind.DEPLOYMENT;
          if (!named.isEmpty() && !oldRevision && !isOver(facts, object)) {
            Optional<OwnerReference> keeper = OwnerReference.keeperOf(workloads.get(top));
            found.merge(top, new Consumer(top, keeper, facts.idle(), named), Consumer::and);
          }
        });
    return List.copyOf(found.values());
  }

  private Consumer and(Consumer other) {
    Set<String> all = new TreeSet<>(claims);
    all.addAll(other.claims);
    return new Consumer(key, keeper, idle && other.idle, all);
  }

  /** Returns whether an object has ended: a suspended Job is idle too, but may be resumed. */
  private static boolean isOver(ObjectFacts facts, JsonNode object) {
    return switch (facts.kind()) {
      case POD -> facts.idle();
      case JOB -> hasFinished(object);
      default -> false;
    };
  }

  private static boolean hasFinished(JsonNode job) {
    return ENDS.stream().anyMatch(KubeObject.of(job)::hasCondition);
  }

  /** Follows the controllers of an object as long as they exist, by name and UID. */
  private static ObjectKey top(Map<ObjectKey, JsonNode> workloads, ObjectKey from) {
    ObjectKey top = from;
    for (int i = 0; i < DEPTH; i++) {
      top = above(workloads, top).orElse(top);
    }
    return top;
  }

  private static Optional<ObjectKey> above(Map<ObjectKey, JsonNode> workloads, ObjectKey key) {
    return OwnerReference.of(workloads.get(key)).stream()
        .filter(OwnerReference::controller)
        .flatMap(
            owner ->
                owner
                    .known()
                    .map(kind -> new ObjectKey(kind, key.namespace(), owner.name()))
                    .filter(
                        above ->
                            workloads.containsKey(above)
                                && uid(workloads.get(above)).equals(owner.uid()))
                    .stream())
        .findFirst();
  }

  private static String uid(JsonNode object) {
    return KubeObject.of(object).uid();
  }
}
