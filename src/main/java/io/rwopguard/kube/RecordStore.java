package io.rwopguard.kube;

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
 * The store of an informer. It does not hold the objects, which in a large cluster would be
 * gigabytes, but only a record of the fields that are read. It holds nothing for objects of which
 * nothing is read. The informer itself needs only the names of objects.
 *
 * <p>An informer that is started again has a successor, which has the same records. From then on
 * the former changes nothing: its list may be answered after the successor's, and would bring back
 * removed objects and remove new ones.
 */
public final class RecordStore<R> {

  /** Receives every change, one after the other. */
  public interface Listener<R> {

    /** Receives a record that was added, replaced or removed; empty means none. */
    void changed(Optional<R> before, Optional<R> after);
  }

  private static final Logger LOG = Logger.getLogger(RecordStore.class);

  private final Map<String, R> records = new ConcurrentHashMap<>();
  private final Function<JsonNode, Optional<R>> reader;
  private final Listener<R> listener;

  /** The store of the informer that may change the records; guarded by this. */
  private Kept current;

  RecordStore(Function<JsonNode, Optional<R>> reader, Listener<R> listener) {
    this.reader = reader;
    this.listener = listener;
  }

  /** Returns the record of the object with this name. */
  Optional<R> record(String key) {
    return Optional.ofNullable(records.get(key));
  }

  Stream<R> records() {
    return records.values().stream();
  }

  int size() {
    return records.size();
  }

  /** Returns the store of the next informer. The former one can change nothing from now on. */
  synchronized ItemStore<GenericKubernetesResource> next() {
    current = new Kept();
    return current;
  }

  /** Runs an action if the informer with this store has no successor. */
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
   * finish its list of the others.
   */
  private Optional<R> read(String key, GenericKubernetesResource object) {
    try {
      return reader.apply(ObjectTree.of(object));
    } catch (RuntimeException | StackOverflowError e) {
      LOG.errorf(
          e,
          "%s %s cannot be read and is ignored, as if it did not exist. Check the object, and report this as a bug.",
          object.getKind(),
          key);
      return Optional.empty();
    }
  }

  /** The records as one informer sees them. */
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

    /**
     * Returns false, so that the informer does not wait for a whole list before it reports what it
     * has.
     */
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
