package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FenceScope;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Fences by a csi-addons NetworkFence: one object for each boot of a node, which blocks the node's
 * addresses at the driver's storage.
 *
 * <p>Other clients may change or recreate an object. The provider therefore compares its blocks
 * with the addresses that the cluster knows now and with those in the ledger. It never relies on
 * what the object itself states.
 *
 * <p>The csi-addons controller does not report for which {@code fenceState} a result is. The
 * provider therefore never changes an object from {@code Unfenced} back to {@code Fenced}, and an
 * un-fence counts only with the message that belongs to it.
 */
public final class NetworkFenceProvider implements FenceProvider {

  private static final String FENCED_MESSAGE = "fencing operation successful";
  private static final String UNFENCED_MESSAGE = "unfencing operation successful";

  /**
   * The settings of a NetworkFence.
   *
   * @param networkFenceClass the name of the NetworkFenceClass; without it the Secret is set
   */
  public record Settings(
      String name,
      String driver,
      Optional<String> networkFenceClass,
      Optional<String> secretName,
      Optional<String> secretNamespace) {}

  private final Settings settings;
  private final NetworkFences fences;
  private final NodeAddresses addresses;

  /**
   * The silences that are known to be un-fenced. Another leader may have fenced the same boot
   * since, but only in a later silence.
   */
  private final Set<Silence> unfenced = ConcurrentHashMap.newKeySet();

  private record Silence(String boot, String renewTime) {

    static Silence of(FenceTarget target) {
      return new Silence(NetworkFences.boot(target), target.renewTime());
    }
  }

  /** Creates the provider. */
  public NetworkFenceProvider(Settings settings, FenceApi api) {
    this.settings = settings;
    this.fences = new NetworkFences(settings, api);
    this.addresses = new NodeAddresses(api, settings.driver(), settings.networkFenceClass());
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public FenceScope scope() {
    return FenceScope.VOLUMES;
  }

  @Override
  public boolean isObservable() {
    return true;
  }

  @Override
  public FenceStatus prepare(FenceTarget target) {
    return FenceStatus.attempt(() -> ifKnown(target, needed -> FenceStatus.notAsked()));
  }

  /** Evaluates the addresses that have to be blocked. It fails while one of them is unknown. */
  private FenceStatus ifKnown(
      FenceTarget target, Function<Set<NodeAddress>, FenceStatus> evaluation) {
    Set<NodeAddress> needed = addresses.needed(target);
    FenceStatus status =
        needed.isEmpty() || needed.stream().anyMatch(NodeAddress::isUnknown)
            ? FenceStatus.failed(addresses.whyUnknown(target))
            : evaluation.apply(needed);
    return status.with(needed);
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          unfenced.removeIf(each -> each.boot().equals(NetworkFences.boot(target)));
          Optional<JsonNode> own = fences.find(target);
          Optional<FenceStatus> unusable = own.flatMap(object -> unusable(target, object));
          if (unusable.isPresent()) {
            return unusable.get();
          }
          List<JsonNode> unfencing =
              fences.of(target.node()).stream()
                  .filter(object -> !NetworkFences.fences(object))
                  .toList();
          if (!unfencing.isEmpty()) {
            return cancel(target, own, unfencing);
          }
          return own.isEmpty()
              ? ifKnown(target, needed -> create(target, NetworkFences.FENCED, needed))
              : fenceResult(target, own.get());
        });
  }

  /**
   * Cancels an un-fence that is in progress, before anything is fenced. The controller could carry
   * it out at any time until the object is gone, and may already have done so. The result of an
   * earlier fence is therefore worthless, and that fence is deleted first.
   */
  private FenceStatus cancel(FenceTarget target, Optional<JsonNode> own, List<JsonNode> unfencing) {
    boolean ownIsGone =
        own.isEmpty() || !NetworkFences.fences(own.get()) || fences.delete(own.get());
    if (ownIsGone) {
      unfencing.stream()
          .filter(object -> !FenceObject.isBeingDeleted(object))
          .forEach(fences::delete);
    }
    return FenceStatus.pending(text(target, "waits until an un-fence of the node is canceled"));
  }

  private FenceStatus create(FenceTarget target, String state, Set<NodeAddress> blocks) {
    fences.create(target, state, blocks);
    return FenceStatus.pending(text(target, "is created"));
  }

  private FenceStatus fenceResult(FenceTarget target, JsonNode object) {
    return result(
        target,
        object,
        message -> {
          if (message.equals(UNFENCED_MESSAGE)) {
            return FenceStatus.pending(
                text(target, "has a result that belongs to another operation"));
          }
          return ifKnown(
              target,
              needed ->
                  fences
                      .whyNotBlocked(target, object, needed)
                      .map(FenceStatus::failed)
                      .orElseGet(() -> FenceStatus.confirmed(idsOf(target))));
        });
  }

  /** Returns what the controller reports; {@code succeeded} evaluates the message of a success. */
  private FenceStatus result(
      FenceTarget target, JsonNode object, Function<String, FenceStatus> succeeded) {
    JsonNode status = KubeObject.of(object).status();
    String message = status.path("message").asText();
    return switch (status.path("result").asText()) {
      case "Succeeded" -> succeeded.apply(message);
      case "Failed" -> FenceStatus.failed(text(target, "failed: " + message));
      default -> FenceStatus.pending(text(target, "has no result yet"));
    };
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          if (unfenced.contains(Silence.of(target))) {
            return FenceStatus.unfenced();
          }
          Optional<JsonNode> found = fences.find(target);
          return found.isEmpty() ? createUnfence(target) : continueUnfence(target, found.get());
        });
  }

  /**
   * Creates an object that un-fences. A person may have deleted the first one while its blocks were
   * in effect.
   */
  private FenceStatus createUnfence(FenceTarget target) {
    // a stored address may belong to another node by now, and that node may be fenced
    Set<NodeAddress> known = addresses.known(target.node());
    return known.isEmpty()
        ? FenceStatus.failed(
            "NetworkFence %s does not exist, and %s. If nothing of node %s is blocked at the storage, delete ConfigMap %s"
                .formatted(
                    fences.nameOf(target),
                    addresses.whyUnknown(target.node()),
                    target.node(),
                    FenceLedger.nameOf(target.node())))
        : create(target, NetworkFences.UNFENCED, known);
  }

  private FenceStatus continueUnfence(FenceTarget target, JsonNode object) {
    Optional<FenceStatus> unusable = unusable(target, object);
    if (unusable.isPresent()) {
      return unusable.get();
    }
    if (NetworkFences.fences(object)) {
      fences.unfence(object);
      return FenceStatus.pending(text(target, "is asked to un-fence"));
    }
    return result(
        target,
        object,
        message -> {
          if (!message.equals(UNFENCED_MESSAGE)
              && !(NetworkFences.isAsCreated(object) && !message.equals(FENCED_MESSAGE))) {
            return FenceStatus.pending(text(target, "has not been un-fenced yet"));
          }
          unfenced.add(Silence.of(target));
          fences.delete(object);
          return FenceStatus.unfenced();
        });
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    return FenceStatus.attempt(
        () ->
            fences
                .find(target)
                .filter(object -> unusable(target, object).isEmpty())
                .map(
                    object ->
                        NetworkFences.fences(object)
                            ? fenceResult(target, object)
                            : FenceStatus.pending(text(target, "is asked to un-fence")))
                .orElseGet(FenceStatus::notAsked));
  }

  /** Returns why the object with this name cannot be used; empty if it can. */
  private Optional<FenceStatus> unusable(FenceTarget target, JsonNode object) {
    if (!fences.isOurs(object, target.node())) {
      return Optional.of(
          FenceStatus.failed(
              text(target, "was not created by this fence of rwop-guard. Delete or rename it")));
    }
    return FenceObject.isBeingDeleted(object)
        ? Optional.of(FenceStatus.pending(text(target, "is being deleted")))
        : Optional.empty();
  }

  private String text(FenceTarget target, String what) {
    return "NetworkFence %s %s".formatted(fences.nameOf(target), what);
  }

  private static Set<String> idsOf(FenceTarget target) {
    return target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet());
  }
}
