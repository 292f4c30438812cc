package io.rwopguard.certificates;

import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The two Secrets and the bundles, with versions, and all that ever stood in the bundles. */
final class SimulatedCluster {

  /** The two Secrets of the service. */
  enum Which {
    SERVING,
    AUTHORITY
  }

  /** Content of a bundle from a point in time on. */
  record Written(Instant at, String text) {}

  private final Map<Which, Map<String, String>> secrets = new EnumMap<>(Which.class);
  private final Map<Which, Integer> secretVersions = new EnumMap<>(Which.class);
  private StoredCertificates stored;
  private final List<String> texts = new ArrayList<>(List.of("", "", ""));
  private final List<Integer> versions = new ArrayList<>(List.of(0, 0, 0));

  /** Everything that the service wrote to each bundle. */
  final List<List<Written>> history =
      List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

  SimulatedCluster() {
    for (Which each : Which.values()) {
      overwrite(each, Map.of());
    }
  }

  int version(Which which) {
    return secretVersions.get(which);
  }

  /** Returns the content of a Secret. */
  Map<String, String> secret(Which which) {
    return secrets.get(which);
  }

  /** Returns the content of both Secrets, read once for each change. */
  StoredCertificates stored() {
    if (stored == null) {
      stored = StoredCertificates.read(secret(Which.SERVING), secret(Which.AUTHORITY));
    }
    return stored;
  }

  /** Another client's write. */
  void overwrite(Which which, Map<String, String> data) {
    stored = null;
    secrets.put(which, Map.copyOf(data));
    secretVersions.merge(which, 1, Integer::sum);
  }

  /** A person spoils the CA's key. */
  void spoilKey() {
    Map<String, String> data = new HashMap<>(secret(Which.AUTHORITY));
    data.put("ca.key", "nonsense");
    overwrite(Which.AUTHORITY, data);
  }

  /** An earlier version is back for a moment, or was there at first: the key is in one Secret. */
  void mergeAsEarlierVersion() {
    Map<String, String> data = new HashMap<>(secret(Which.AUTHORITY));
    data.putAll(secret(Which.SERVING));
    overwrite(Which.SERVING, data);
    overwrite(Which.AUTHORITY, Map.of());
  }

  List<CaBundle> bundles() {
    List<CaBundle> bundles = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      bundles.add(new CaBundle("c" + i, "" + versions.get(i), 0, texts.get(i)));
    }
    return bundles;
  }

  /** Returns whether the write was accepted. It is refused if it is based on an older version. */
  boolean write(CaBundle read, String text, Instant now) {
    int i = Integer.parseInt(read.configuration().substring(1));
    if (Integer.parseInt(read.resourceVersion()) != versions.get(i)) {
      return false;
    }
    overwrite(i, text);
    history.get(i).add(new Written(now, text));
    return true;
  }

  /** Simulates a write of another client. */
  void overwrite(int i, String text) {
    texts.set(i, text);
    versions.set(i, versions.get(i) + 1);
  }

  /** Merges entries into a Secret and removes one; false if it has changed since it was read. */
  boolean write(Which which, int readVersion, Map<String, String> entries, String removed) {
    if (readVersion != version(which)) {
      return false;
    }
    Map<String, String> data = new HashMap<>(secret(which));
    data.putAll(entries);
    data.remove(removed);
    overwrite(which, data);
    return true;
  }

  /** Returns every bundle that an API server may use which is late by at most this much. */
  static List<Written> seenBy(List<Written> history, Instant now, Instant latest) {
    List<Written> seen = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      boolean replacedBefore = i + 1 < history.size() && !history.get(i + 1).at().isAfter(latest);
      if (!replacedBefore && !history.get(i).at().isAfter(now)) {
        seen.add(history.get(i));
      }
    }
    return seen;
  }
}
