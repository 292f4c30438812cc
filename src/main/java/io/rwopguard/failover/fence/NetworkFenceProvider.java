package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.cluster.Hashes;
import io.rwopguard.cluster.OwnLabels;
import io.rwopguard.config.FenceScope;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Fences by a csi-addons NetworkFence: one object for each boot of a node, which blocks the node's
 * addresses at the driver's storage.
 *
 * <p>The csi-addons controller does not say for which {@code fenceState} a result is. An object is
 * therefore never changed from {@code Unfenced} back to {@code Fenced}, and an un-fence counts only
 * with the message that belongs to it.
 */
public final class NetworkFenceProvider implements FenceProvider {

  private static final String FENCED = "Fenced";
  private static final String UNFENCED = "Unfenced";
  private static final String FENCED_MESSAGE = "fencing operation successful";
  private static final String UNFENCED_MESSAGE = "unfencing operation successful";
  private static final int LONGEST_NAME = 253;

  /**
   * Settings of a NetworkFence.
   *
   * @param networkFenceClass name of the NetworkFenceClass; without it the Secret is set
   */
  public record Settings(
      String name,
      String driver,
      Optional<String> networkFenceClass,
      Optional<String> secretName,
      Optional<String> secretNamespace) {}

  private final Settings settings;
  private final FenceApi api;

  /**
   * The silences that are known to be un-fenced. Another leader may have fenced the same boot
   * since, but only in a later silence.
   */
  private final Set<Silence> unfenced = ConcurrentHashMap.newKeySet();

  private record Silence(String boot, String renewTime) {

    static Silence of(FenceTarget target) {
      return new Silence(NetworkFenceProvider.boot(target), target.renewTime());
    }
  }

  /** Creates the provider. */
  public NetworkFenceProvider(Settings settings, FenceApi api) {
    this.settings = settings;
    this.api = api;
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
  public Optional<String> obstacle(FenceTarget target) {
    return find(target).isEmpty() && blocks(target.node()).isEmpty()
        ? Optional.of(noAddresses(target.node()))
        : Optional.empty();
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          unfenced.removeIf(each -> each.boot().equals(boot(target)));
          Optional<JsonNode> own = find(target);
          Optional<FenceStatus> obstacle = own.flatMap(object -> obstacle(target, object));
          if (obstacle.isPresent()) {
            return obstacle.get();
          }
          List<JsonNode> unfencing =
              ours(target.node()).stream().filter(object -> !fences(object)).toList();
          if (!unfencing.isEmpty()) {
            return cancel(target, own, unfencing);
          }
          return own.isEmpty() ? create(target, FENCED) : fenceResult(target, own.get());
        });
  }

  /**
   * Ends an un-fence that is in progress, before anything is fenced. The controller could carry it
   * out at any time until the object is gone, and has perhaps done so already; so that the result
   * of a fence from before is worth nothing, and that fence is deleted first.
   */
  private FenceStatus cancel(FenceTarget target, Optional<JsonNode> own, List<JsonNode> unfencing) {
    boolean ownIsGone =
        own.isEmpty() || !fences(own.get()) || api.delete(NetworkFences.FENCES, own.get());
    if (ownIsGone) {
      unfencing.stream()
          .filter(object -> !FenceObject.isBeingDeleted(object))
          .forEach(object -> api.delete(NetworkFences.FENCES, object));
    }
    return FenceStatus.pending(text(target, "waits until an un-fence of the node is cancelled"));
  }

  private FenceStatus fenceResult(FenceTarget target, JsonNode object) {
    Optional<FenceStatus> unblocked = unblocked(target, object);
    if (unblocked.isPresent()) {
      return unblocked.get();
    }
    JsonNode status = object.path("status");
    String message = status.path("message").asText();
    return switch (status.path("result").asText()) {
      case "Succeeded" ->
          message.equals(FENCED_MESSAGE)
                  || (isAsCreated(object) && !message.equals(UNFENCED_MESSAGE))
              ? FenceStatus.confirmed(idsOf(target))
              : FenceStatus.pending(text(target, "has a result that is not of this fence"));
      case "Failed" -> FenceStatus.failed(text(target, "failed: " + message));
      default -> FenceStatus.pending(text(target, "has no result yet"));
    };
  }

  /**
   * Returns why the object does not keep the node from the storage, whatever its result says. An
   * earlier version may have guessed its addresses, and a node may have another address since.
   *
   * <p>The object is not replaced automatically. The csi-addons controller removes no block when an
   * object is deleted, so that nothing would ever remove the blocks of the earlier addresses. An
   * un-fence before the deletion would free a node that another failover relies on.
   */
  private Optional<FenceStatus> unblocked(FenceTarget target, JsonNode object) {
    Set<String> needed = blocks(target.node());
    if (needed.isEmpty()) {
      return Optional.of(FenceStatus.failed(noAddresses(target.node())));
    }
    Set<String> blocked = new TreeSet<>();
    object.path("spec").path("cidrs").forEach(cidr -> blocked.add(cidr.asText()));
    needed.removeAll(blocked);
    return needed.isEmpty()
        ? Optional.empty()
        : Optional.of(
            FenceStatus.failed(
                text(
                    target,
                    "does not block %s, so that node %s may still write under that address. Delete the NetworkFence: the controller then creates it with the present addresses. Its earlier blocks (%s) stay at the storage until you remove them there"
                        .formatted(
                            String.join(", ", needed),
                            target.node(),
                            String.join(", ", blocked)))));
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          if (unfenced.contains(Silence.of(target))) {
            return FenceStatus.unfenced();
          }
          Optional<JsonNode> found = find(target);
          return found.isEmpty() ? createUnfence(target) : continueUnfence(target, found.get());
        });
  }

  /** A person may have deleted the object while its blocks were in effect. */
  private FenceStatus createUnfence(FenceTarget target) {
    FenceStatus created = create(target, UNFENCED);
    return created.state() == FenceStatus.State.FAILED
        ? FenceStatus.failed(
            "NetworkFence %s does not exist, and %s. If nothing of node %s is blocked at the storage, delete ConfigMap %s"
                .formatted(
                    nameOf(target),
                    created.text(),
                    target.node(),
                    FenceLedger.nameOf(target.node())))
        : created;
  }

  private FenceStatus continueUnfence(FenceTarget target, JsonNode object) {
    Optional<FenceStatus> obstacle = obstacle(target, object);
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    if (fences(object)) {
      ObjectNode changed = object.deepCopy();
      ((ObjectNode) changed.path("spec")).put("fenceState", UNFENCED);
      api.replace(NetworkFences.FENCES, changed);
      return FenceStatus.pending(text(target, "is asked to un-fence"));
    }
    JsonNode status = object.path("status");
    String message = status.path("message").asText();
    return switch (status.path("result").asText()) {
      case "Succeeded" -> {
        if (!message.equals(UNFENCED_MESSAGE)
            && !(isAsCreated(object) && !message.equals(FENCED_MESSAGE))) {
          yield FenceStatus.pending(text(target, "has not been un-fenced yet"));
        }
        unfenced.add(Silence.of(target));
        api.delete(NetworkFences.FENCES, object);
        yield FenceStatus.unfenced();
      }
      case "Failed" -> FenceStatus.failed(text(target, "failed: " + message));
      default -> FenceStatus.pending(text(target, "has no result yet"));
    };
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          Optional<JsonNode> found =
              find(target)
                  .filter(
                      object ->
                          FenceObject.isOurs(object, name(), target.node())
                              && !FenceObject.isBeingDeleted(object));
          if (found.isEmpty()) {
            return FenceStatus.notAsked();
          }
          return fences(found.get())
              ? fenceResult(target, found.get())
              : FenceStatus.pending(text(target, "is asked to un-fence"));
        });
  }

  private Optional<FenceStatus> obstacle(FenceTarget target, JsonNode object) {
    if (!FenceObject.isOurs(object, name(), target.node())) {
      return Optional.of(
          FenceStatus.failed(
              text(target, "was not created by this fence of rwop-guard. Delete or rename it")));
    }
    return FenceObject.isBeingDeleted(object)
        ? Optional.of(FenceStatus.pending(text(target, "is being deleted")))
        : Optional.empty();
  }

  private FenceStatus create(FenceTarget target, String state) {
    Set<String> cidrs = blocks(target.node());
    if (cidrs.isEmpty()) {
      return FenceStatus.failed(noAddresses(target.node()));
    }
    ObjectNode object =
        FenceObject.create(NetworkFences.FENCES, "", nameOf(target), name(), target);
    ObjectNode spec = object.putObject("spec").put("fenceState", state);
    ArrayNode blocks = spec.putArray("cidrs");
    cidrs.forEach(blocks::add);
    if (settings.networkFenceClass().isPresent()) {
      spec.put("networkFenceClassName", settings.networkFenceClass().get());
    } else {
      spec.put("driver", settings.driver());
      spec.putObject("secret")
          .put("name", settings.secretName().orElse(""))
          .put("namespace", settings.secretNamespace().orElse(""));
    }
    api.create(NetworkFences.FENCES, object);
    return FenceStatus.pending(text(target, "is created"));
  }

  /**
   * Returns what has to be blocked for a node; nothing if that is unknown. A block of another
   * address would confirm a fence that stops nothing, so that no address is guessed.
   */
  private Set<String> blocks(String node) {
    return settings
        .networkFenceClass()
        .map(each -> NetworkFences.reported(api, node, settings.driver(), each))
        .orElseGet(() -> NetworkFences.internalAddresses(api, node));
  }

  private String noAddresses(String node) {
    return settings
        .networkFenceClass()
        .map(
            name ->
                "no CSIAddonsNode of driver %s reports addresses of node %s for NetworkFenceClass %s in status.networkFenceClientStatus. Without them it is unknown which address the storage has to block. Check that CSINode %s names the driver and that the csi-addons sidecar of the node plugin reports fence clients, or set secret-name and secret-namespace instead of network-fence-class if the storage sees the node under its internal addresses"
                    .formatted(settings.driver(), node, name, node))
        .orElseGet(
            () ->
                "Node %s does not exist or has no address of type InternalIP, so that there is no address to block. Check status.addresses of the Node"
                    .formatted(node));
  }

  private List<JsonNode> ours(String node) {
    return api
        .list(NetworkFences.FENCES, "", OwnLabels.RECORD, FenceObject.valueOf(name()))
        .stream()
        .filter(object -> FenceObject.isOurs(object, name(), node))
        .toList();
  }

  private static boolean fences(JsonNode object) {
    return object.path("spec").path("fenceState").asText().equals(FENCED);
  }

  private Optional<JsonNode> find(FenceTarget target) {
    return api.get(NetworkFences.FENCES, "", nameOf(target));
  }

  private String text(FenceTarget target, String what) {
    return "NetworkFence %s %s".formatted(nameOf(target), what);
  }

  /** Whether the spec is the one that the object was created with. */
  private static boolean isAsCreated(JsonNode object) {
    return object.path("metadata").path("generation").asLong() == 1;
  }

  private static Set<String> idsOf(FenceTarget target) {
    return target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet());
  }

  private static String boot(FenceTarget target) {
    return target.node() + "\n" + target.bootId();
  }

  private String nameOf(FenceTarget target) {
    String hash = Hashes.sha256(boot(target) + "\n" + settings.driver());
    String name = "rwop-guard-" + hash.substring(0, 20);
    String readable = name + "-" + target.node();
    return readable.length() <= LONGEST_NAME ? readable : name;
  }
}
