package io.rwopguard.failover.record;

import io.rwopguard.failover.cluster.OptedIn;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.ClaimKey;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/** Finds the Pod that may write to each claim, by the state of the watches. */
final class PrimaryPods {

  private PrimaryPods() {}

  /**
   * Returns the holders, as {@code POD/UID}, of the single-writer claims of opted-in namespaces.
   *
   * @param isRecorded whether the ledger has this holder for a claim
   */
  static Map<ClaimKey, String> of(Inventory inventory, BiPredicate<ClaimKey, String> isRecorded) {
    Map<ClaimKey, ClaimConsumer> primaries =
        new TreeMap<>(Comparator.comparing(ClaimKey::namespace).thenComparing(ClaimKey::name));
    inventory
        .pods()
        .filter(pod -> pod.place().filter(place -> !place.over()).isPresent())
        .forEach(
            pod ->
                pod.claims()
                    .forEach(
                        claim ->
                            primaries.merge(
                                claim,
                                pod,
                                (one, other) -> stronger(claim, one, other, isRecorded))));
    primaries
        .keySet()
        .removeIf(
            claim ->
                !OptedIn.isOptedIn(claim.namespace(), inventory)
                    || SingleWriter.of(claim, inventory) != SingleWriter.YES);
    Map<ClaimKey, String> holders = new TreeMap<>(((TreeMap<ClaimKey, ?>) primaries).comparator());
    primaries.forEach((claim, pod) -> holders.put(claim, holderOf(pod)));
    return holders;
  }

  /**
   * Returns the Pod with the stronger right to a claim. Two Pods have a node only if one bypasses
   * the scheduler.
   */
  private static ClaimConsumer stronger(
      ClaimKey claim,
      ClaimConsumer one,
      ClaimConsumer other,
      BiPredicate<ClaimKey, String> isRecorded) {
    Comparator<ClaimConsumer> strength =
        Comparator.<ClaimConsumer, Boolean>comparing(pod -> !place(pod).beingDeleted())
            .thenComparing(pod -> place(pod).ready())
            .thenComparing(pod -> isRecorded.test(claim, holderOf(pod)))
            .thenComparing(pod -> place(pod).uid());
    return strength.compare(one, other) >= 0 ? one : other;
  }

  private static PodStatus place(ClaimConsumer pod) {
    return pod.place().orElseThrow();
  }

  private static String holderOf(ClaimConsumer pod) {
    return PrimaryLease.holder(pod.key().name(), place(pod).uid());
  }
}
