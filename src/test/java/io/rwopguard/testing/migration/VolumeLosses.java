package io.rwopguard.testing.migration;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches for the loss of a volume. A volume is lost if its claim is gone while its reclaim policy
 * is Delete: then its driver deletes it at once.
 */
public final class VolumeLosses implements Watcher<PersistentVolume>, AutoCloseable {

  private final Map<String, String> lost = new ConcurrentHashMap<>();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final String prefix;
  private final Watch watch;
  private volatile boolean closed;

  /** Watches the volumes whose names have this prefix. Other tests watch theirs. */
  public VolumeLosses(KubernetesClient client, String prefix) {
    this.prefix = prefix;
    watch = client.persistentVolumes().watch(this);
  }

  @Override
  public void eventReceived(Action action, PersistentVolume volume) {
    String name = volume.getMetadata().getName();
    seen.add(name);
    boolean deleted =
        action == Action.DELETED || volume.getMetadata().getDeletionTimestamp() != null;
    boolean toBeDeleted =
        "Released".equals(volume.getStatus().getPhase())
            && "Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy());
    if (name.startsWith(prefix) && (deleted || toBeDeleted)) {
      lost.put(name, action + " " + volume.getStatus());
    }
  }

  @Override
  public void onClose(WatcherException cause) {
    if (!closed) {
      lost.put("the watch", String.valueOf(cause));
    }
  }

  /** Returns the events of the volumes that would be lost, by their names. */
  public Map<String, String> lost() {
    return Map.copyOf(lost);
  }

  /** Returns whether it has seen a volume at all. */
  public boolean hasSeen(String volume) {
    return seen.contains(volume);
  }

  /** A test has lost this one on purpose. */
  public void forgive(String volume) {
    lost.remove(volume);
  }

  @Override
  public void close() {
    closed = true;
    watch.close();
  }
}
