package io.rwopguard.kube;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was least recently set. */
public final class RecentMap<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1;
  private final int most;

  /**
   * Creates an empty map.
   *
   * @param most the number of entries that it keeps
   */
  public RecentMap(int most) {
    this.most = most;
  }

  /** Sets a value, and makes it the most recent one. */
  public void set(K key, V value) {
    remove(key);
    put(key, value);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
