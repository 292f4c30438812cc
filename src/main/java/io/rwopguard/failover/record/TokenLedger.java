package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ParallelRequests;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Hashes;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Gives each storage its fencing tokens, and keeps them in ConfigMaps in the controller's own
 * namespace. It gives a token once the API server has confirmed the write. Each write names the
 * resource version that was read, so that two leaders cannot give the same token twice.
 *
 * <p>It belongs to one thread.
 */
public final class TokenLedger {

  static final int SHARDS = 16;
  private static final String NAME = "rwop-guard-tokens-";
  private static final int TRIES = 4;
  private static final int KEY_LENGTH = 32;
  private static final List<String> NAMES =
      IntStream.range(0, SHARDS).mapToObj(i -> NAME + "%02d".formatted(i)).toList();

  /** The most PersistentVolumes that a clean-up reads. */
  private static final int READS = 50;

  /** The time after which the entry of a missing PersistentVolume is removed. */
  private static final Duration KEPT = Duration.ofHours(24);

  /**
   * A Pod that is to get the token of a storage.
   *
   * @param seen the storage's entry at the time of the decision
   */
  record Wish(
      String storage, ClaimKey claim, String volume, String holder, Optional<TokenEntry> seen) {}

  /**
   * The answer to some wishes. A wish is in neither map if the ledger has changed since the
   * decision. The caller then has to decide again.
   *
   * @param granted the entries, confirmed by the API server after the call started, by storage
   * @param refused the reasons, by storage
   */
  record Answer(Map<String, TokenEntry> granted, Map<String, String> refused) {}

  /** The changes to one shard. */
  private static final class Changes {
    private final Map<String, TokenEntry> put = new HashMap<>();
    private final Set<String> removed = new HashSet<>();
    private long floor;

    Changes(TokenShard shard) {
      floor = shard.floor();
    }

    boolean isEmpty() {
      return put.isEmpty() && removed.isEmpty();
    }
  }

  private final FailoverStore objects;
  private final String namespace;
  private final Clocks clocks;
  private final ConditionLog problems;
  private final Map<String, TokenShard> shards = new TreeMap<>();
  private final Map<ClaimKey, List<TokenEntry>> byClaim = new HashMap<>();
  private boolean indexed;

  /**
   * Creates the ledger of an installation.
   *
   * @param namespace the controller's own
   */
  public TokenLedger(
      FailoverStore objects, String namespace, Clocks clocks, ConditionLog problems) {
    this.objects = objects;
    this.namespace = namespace;
    this.clocks = clocks;
    this.problems = problems;
  }

  /**
   * Returns the key of the storage behind a PersistentVolume. It consists of the driver and the
   * handle, which survive the PersistentVolume, or else of the UID.
   */
  static String storageOf(JsonNode volume) {
    JsonNode csi = KubeObject.of(volume).spec().path("csi");
    String identity =
        csi.path("volumeHandle").asText("").isEmpty()
            ? "uid " + KubeObject.of(volume).uid()
            : "csi " + csi.path("driver").asText() + " " + csi.path("volumeHandle").asText();
    return Hashes.sha256(identity).substring(0, KEY_LENGTH);
  }

  static String shardOf(String storage) {
    return NAMES.get(Integer.parseInt(storage.substring(0, 1), SHARDS));
  }

  /** Reads the shards that this replica has not read yet. */
  void load() {
    for (String name : NAMES) {
      if (!shards.containsKey(name)) {
        read(name);
      }
    }
  }

  /** Forgets the shards: another replica may have written since. */
  void forget() {
    shards.clear();
    indexed = false;
  }

  private TokenShard read(String name) {
    return keep(TokenShard.read(name, objects.get(Resources.CONFIG_MAPS, namespace, name)));
  }

  private TokenShard keep(TokenShard shard) {
    shards.put(shard.name(), shard);
    indexed = false;
    String subject = "ConfigMap %s/%s".formatted(namespace, shard.name());
    if (!shard.labeled()) {
      problems.found(
          subject,
          "it has no label that marks it as a ledger of fencing tokens, so rwop-guard ignores it and gives no new tokens for its storage. Find out which client wrote it, and delete it. The tokens of a new ledger are greater");
    } else if (!shard.schemaIsKnown()) {
      problems.found(
          subject,
          "another version of rwop-guard wrote it. This version writes nothing there, so the"
              + " claims in it get no new fencing tokens. Run one version only");
    } else if (!shard.unreadable().isEmpty()) {
      problems.found(
          subject,
          ("the entries %s cannot be read. Their storage gets a new token with the next Pod. Find"
                  + " out which other client writes this ConfigMap, and revoke that permission")
              .formatted(shard.unreadable()));
    } else {
      problems.solved(subject);
    }
    return shard;
  }

  /** Returns the entry of a storage, as last read. */
  Optional<TokenEntry> entry(String storage) {
    return Optional.ofNullable(shards.get(shardOf(storage)))
        .map(shard -> shard.entries().get(storage));
  }

  /** Returns the entries that name a claim, as last read. */
  List<TokenEntry> entries(ClaimKey claim) {
    if (!indexed) {
      byClaim.clear();
      for (TokenShard shard : shards.values()) {
        for (TokenEntry entry : shard.entries().values()) {
          byClaim.computeIfAbsent(entry.claim(), key -> new ArrayList<>()).add(entry);
        }
      }
      indexed = true;
    }
    return byClaim.getOrDefault(claim, List.of());
  }

  /** Returns whether a Pod was recorded as the holder of a claim, as last read. */
  boolean isHolder(ClaimKey claim, String holder) {
    return entries(claim).stream().anyMatch(entry -> entry.holder().equals(holder));
  }

  /** Gives tokens: one write for each shard that changes, one read for each other one. */
  Answer settle(Collection<Wish> wishes) {
    Map<String, List<Wish>> byShard = new TreeMap<>();
    wishes.forEach(
        wish ->
            byShard.computeIfAbsent(shardOf(wish.storage()), name -> new ArrayList<>()).add(wish));
    Answer answer = new Answer(new HashMap<>(), new HashMap<>());
    byShard.forEach(
        (name, some) -> {
          try {
            settle(name, some, answer);
          } catch (KubernetesClientException e) {
            if (ParallelRequests.isOfAll(e)) {
              throw e;
            }
            String why =
                "ConfigMap %s/%s with the token cannot be written: %s. Allow the controller's ServiceAccount to write it. rwop-guard tries again"
                    .formatted(namespace, name, ConditionLog.textOf(e));
            some.forEach(wish -> answer.refused().put(wish.storage(), why));
          }
        });
    return answer;
  }

  private void settle(String name, List<Wish> wishes, Answer answer) {
    boolean live = false;
    TokenShard shard = shards.get(name);
    for (int i = 0; i < TRIES; i++) {
      if (shard == null || (i > 0 && !live)) {
        shard = read(name);
        live = true;
      }
      if (shard.object().isEmpty()) {
        // empty, so that no token is decided before the ConfigMap has a version to name. A late
        // creation could otherwise restore a token of a ledger that was lost since.
        Optional<TokenShard> created = create(shard);
        live = created.isPresent();
        if (!live) {
          continue;
        }
        shard = created.get();
      }
      Map<String, TokenEntry> granted = new HashMap<>();
      Map<String, String> refused = new HashMap<>();
      Changes changes = decide(shard, wishes, granted, refused);
      // a successful write confirms the earlier read as well as a new read does
      boolean confirmed = changes.isEmpty() ? live : write(shard, changes).isPresent();
      if (confirmed) {
        answer.granted().putAll(granted);
        answer.refused().putAll(refused);
        return;
      }
      live = false;
    }
  }

  private Changes decide(
      TokenShard shard,
      List<Wish> wishes,
      Map<String, TokenEntry> granted,
      Map<String, String> refused) {
    Changes changes = new Changes(shard);
    int size = shard.size();
    for (Wish wish : wishes) {
      TokenEntry before = shard.entries().get(wish.storage());
      if (!shard.schemaIsKnown()) {
        refused.put(
            wish.storage(),
            (shard.labeled()
                    ? "another version of rwop-guard wrote ConfigMap %s/%s. Run one version only"
                    : "ConfigMap %s/%s is not labeled as a ledger of rwop-guard. Delete it")
                .formatted(namespace, shard.name()));
      } else if (before != null && before.holder().equals(wish.holder())) {
        TokenEntry now =
            new TokenEntry(
                before.token(), before.holder(), wish.claim(), wish.volume(), before.at());
        if (!now.equals(before)) {
          changes.put.put(wish.storage(), now);
        }
        granted.put(wish.storage(), now);
      } else if (isAsSeen(wish, before)) {
        Instant now = clocks.now();
        OptionalInt token =
            TokenEntry.next(before == null ? shard.floor() : before.token() + 1L, now);
        if (token.isEmpty()) {
          refused.put(
              wish.storage(),
              "the tokens of this storage are used up. Move the data to a new PersistentVolume");
          continue;
        }
        TokenEntry entry =
            new TokenEntry(token.getAsInt(), wish.holder(), wish.claim(), wish.volume(), now);
        int larger =
            TokenShard.sizeOf(wish.storage(), entry)
                - (before == null ? 0 : TokenShard.sizeOf(wish.storage(), before));
        if (size + larger > (before == null ? TokenShard.FULL : TokenShard.LARGEST)) {
          refused.put(
              wish.storage(),
              ("ConfigMap %s/%s is full. Delete PersistentVolumes that are no longer needed;"
                      + " their entries are removed a day later")
                  .formatted(namespace, shard.name()));
          continue;
        }
        size += larger;
        changes.put.put(wish.storage(), entry);
        granted.put(wish.storage(), entry);
      }
    }
    return changes;
  }

  private static boolean isAsSeen(Wish wish, TokenEntry now) {
    return now == null
        ? wish.seen().isEmpty()
        : wish.seen().filter(seen -> seen.hasSameHolder(now)).isPresent();
  }

  private Optional<TokenShard> create(TokenShard shard) {
    JsonNode json = shard.changed(namespace, Map.of(), Set.of(), shard.floor());
    return confirmed(shard, objects.create(Resources.CONFIG_MAPS, namespace, json));
  }

  private Optional<TokenShard> write(TokenShard shard, Changes changes) {
    JsonNode json = shard.changed(namespace, changes.put, changes.removed, changes.floor);
    return confirmed(shard, objects.replace(Resources.CONFIG_MAPS, namespace, json));
  }

  private Optional<TokenShard> confirmed(TokenShard shard, Optional<JsonNode> written) {
    if (written.isEmpty()) {
      shards.remove(shard.name());
      indexed = false;
    }
    return written.map(object -> keep(TokenShard.read(shard.name(), Optional.of(object))));
  }

  /**
   * Removes the entries whose PersistentVolume has been missing for a day. A storage that returns
   * later still gets a greater token, since the floor rises above the tokens that are removed.
   *
   * @param isKnown whether the watch knows a PersistentVolume of this name
   * @param isMissing whether there is none, by a live read
   */
  void prune(Predicate<String> isKnown, Predicate<String> isMissing) {
    Instant now = clocks.now();
    int reads = 0;
    for (TokenShard shard : List.copyOf(shards.values())) {
      Changes changes = new Changes(shard);
      for (Map.Entry<String, TokenEntry> each : shard.entries().entrySet()) {
        TokenEntry entry = each.getValue();
        boolean isMarked = entry.goneSince().isPresent();
        boolean isDue = entry.goneSince().map(since -> !since.plus(KEPT).isAfter(now)).orElse(true);
        if (isKnown.test(entry.volume())) {
          if (isMarked) {
            changes.put.put(each.getKey(), entry.gone(Optional.empty()));
          }
        } else if (isDue && reads < READS) {
          reads++;
          boolean missing = isMissing.test(entry.volume());
          if (missing && isMarked) {
            changes.removed.add(each.getKey());
            changes.floor = Math.max(changes.floor, entry.token() + 1L);
          } else if (missing != isMarked) {
            changes.put.put(each.getKey(), entry.gone(Optional.of(now).filter(at -> missing)));
          }
        }
      }
      if (shard.schemaIsKnown() && !changes.isEmpty()) {
        var unused = write(shard, changes);
      }
    }
  }
}
