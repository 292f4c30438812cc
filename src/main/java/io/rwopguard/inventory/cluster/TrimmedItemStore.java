package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;

/**
 * Keeps objects without what nobody here reads and much of their size is made of: managed fields
 * and annotations.
 */
final class TrimmedItemStore<T extends HasMetadata> extends BasicItemStore<T> {

  TrimmedItemStore() {
    super(Cache::metaNamespaceKeyFunc);
  }

  @Override
  public T put(String key, T object) {
    object.getMetadata().setManagedFields(null);
    object.getMetadata().setAnnotations(null);
    return super.put(key, object);
  }
}
