package io.rwopguard.certificates;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The Secret and the bundles, with versions, and all that ever stood in the bundles. */
final class SimulatedCluster {

  /** What a bundle held from then on. */
  record Written(Instant at, String text) {}

  private Map<String, String> secret = new HashMap<>();
  private int secretVersion;
  private StoredCertificates stored = StoredCertificates.NONE;
  private final List<String> texts = new ArrayList<>(List.of("", "", ""));
  private final List<Integer> versions = new ArrayList<>(List.of(0, 0, 0));

  /** By bundle, what the service wrote to it. */
  final List<List<Written>> history =
      List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

  int secretVersion() {
    return secretVersion;
  }

  /** What the Secret holds. */
  StoredCertificates stored() {
    return stored;
  }

  /** Somebody else's write. */
  void overwrite(Map<String, String> data) {
    secret = new HashMap<>(data);
    secretVersion++;
    stored = StoredCertificates.read(secret);
  }

  /** Somebody spoils the CA's key. */
  void spoilKey() {
    secret.put("ca.key", "nonsense");
    overwrite(secret);
  }

  List<CaBundle> bundles() {
    List<CaBundle> bundles = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      bundles.add(new CaBundle("c" + i, "" + versions.get(i), 0, texts.get(i)));
    }
    return bundles;
  }

  /** Whether the write was let through: not if it rests on an older version. */
  boolean write(CaBundle read, String text, Instant now) {
    int i = Integer.parseInt(read.configuration().substring(1));
    if (Integer.parseInt(read.resourceVersion()) != versions.get(i)) {
      return false;
    }
    overwrite(i, text);
    history.get(i).add(new Written(now, text));
    return true;
  }

  /** Somebody else's write. */
  void overwrite(int i, String text) {
    texts.set(i, text);
    versions.set(i, versions.get(i) + 1);
  }

  /** Whether the write was let through. */
  boolean write(int readVersion, Map<String, String> data) {
    if (readVersion != secretVersion) {
      return false;
    }
    overwrite(data);
    return true;
  }

  /** What an API server may go by that is late by this much at the most. */
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
