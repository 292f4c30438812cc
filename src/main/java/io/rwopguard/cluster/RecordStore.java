package io.rwopguard.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * What an informer keeps: not the objects, which in a large cluster would be gigabytes, but the
 * little that is read of them, and nothing of those that nothing is read of. The informer itself
 * needs no more of an object than its name.
 *
 * <p>An informer that is started again has a successor, which has the same records. From then on it
 * changes nothing any more: its list may be answered after the successor's, and would bring back
 * what is gone and remove what is new.
 */
public final class RecordStore<R> {

  /** Hears of every change, one after the other. */
  public interface Listener<R> {

    /** A record was put, replaced or taken away; empty is none. */
    void changed(Optional<R> before, Optional<R> after);
  }

  private static final Logger LOG = Logger.getLogger(RecordStore.class);

  private final Map<String, R> records = new ConcurrentHashMap<>();
  private final Function<JsonNode, Optional<R>> reader;
  private final Listener<R> listener;

  /** Of the informer that may change the records; guarded by this. */
  private Kept current;

  RecordStore(Function<JsonNode, Optional<R>> reader, Listener<R> listener) {
    this.reader = reader;
    this.listener = listener;
  }

  /** What is kept of the object of this name. */
  Optional<R> record(String key) {
    return Optional.ofNullable(records.get(key));
  }

  Stream<R> records() {
    return records.values().stream();
  }

  /** Returns what the next informer keeps; the one before can change nothing from now on. */
  synchronized ItemStore<GenericKubernetesResource> next() {
    current = new Kept();
    return current;
  }

  /** Does this if the informer that keeps this has no successor. */
  synchronized void ifCurrent(ItemStore<GenericKubernetesResource> kept, Runnable action) {
    if (kept == current) {
      action.run();
    }
  }

  private synchronized void put(Kept by, String key, GenericKubernetesResource object) {
    if (by == current) {
      Optional<R> after = read(key, object);
      R before = after.isPresent() ? records.put(key, after.get()) : records.remove(key);
      listener.changed(Optional.ofNullable(before), after);
    }
  }

  private synchronized void remove(Kept by, String key) {
    if (by == current) {
      listener.changed(Optional.ofNullable(records.remove(key)), Optional.empty());
    }
  }

  /**
   * Reads an object. One that cannot be read stays unknown: a watch that failed on it would never
   * have seen all of the others.
   */
  private Optional<R> read(String key, GenericKubernetesResource object) {
    try {
      return reader.apply(ObjectTree.of(object));
    } catch (RuntimeException | StackOverflowError e) {
      LOG.errorf(
          e,
          "%s %s cannot be read and is left out, as if it did not exist. Look at the object, and report this as a bug.",
          object.getKind(),
          key);
      return Optional.empty();
    }
  }

  /** What one informer sees of the records. */
  private final class Kept implements ItemStore<GenericKubernetesResource> {

    @Override
    public String getKey(GenericKubernetesResource object) {
      return Cache.metaNamespaceKeyFunc(object);
    }

    @Override
    public GenericKubernetesResource put(String key, GenericKubernetesResource object) {
      RecordStore.this.put(this, key, object);
      return null;
    }

    @Override
    public GenericKubernetesResource remove(String key) {
      RecordStore.this.remove(this, key);
      return null;
    }

    @Override
    public Stream<String> keySet() {
      return records.keySet().stream();
    }

    @Override
    public Stream<GenericKubernetesResource> values() {
      return keySet().map(RecordStore::named);
    }

    @Override
    public int size() {
      return records.size();
    }

    @Override
    public GenericKubernetesResource get(String key) {
      return records.containsKey(key) ? named(key) : null;
    }

    /** The informer must not wait for all of a list before it passes on what it has. */
    @Override
    public boolean isFullState() {
      return false;
    }
  }

  private static GenericKubernetesResource named(String key) {
    int slash = key.indexOf('/');
    GenericKubernetesResource object = new GenericKubernetesResource();
    object.setMetadata(new ObjectMeta());
    object.getMetadata().setNamespace(slash < 0 ? null : key.substring(0, slash));
    object.getMetadata().setName(key.substring(slash + 1));
    return object;
  }
}
