package io.rwopguard.management;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was least recently set. */
final class RecentMap<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1;
  private final int most;

  RecentMap(int most) {
    this.most = most;
  }

  /** Sets a value, and makes it the most recent one. */
  void set(K key, V value) {
    remove(key);
    put(key, value);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
