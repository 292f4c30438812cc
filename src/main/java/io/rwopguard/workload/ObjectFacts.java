package io.rwopguard.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the rules and mutations need to know of one object, read once by {@link ObjectReader}.
 *
 * @param namespace empty for what lies in no namespace
 * @param name may be empty on a create with {@code generateName}
 * @param hasControllerOwner whether a controller made it and keeps it as it is
 * @param beingDeleted whether its deletion has been asked for
 * @param accessModes of a PersistentVolume or PersistentVolumeClaim
 * @param volumeSource the field of a PersistentVolume's spec that says where its data lies ({@code
 *     csi}, {@code nfs})
 * @param parallelPods of whatever makes more than one Pod from its template
 * @param rollingUpdate of a Deployment that has not chosen another strategy
 * @param podTemplate of a Pod and of whatever makes Pods
 */
public record ObjectFacts(
    Kind kind,
    String namespace,
    String name,
    Map<String, String> annotations,
    boolean hasControllerOwner,
    boolean beingDeleted,
    Optional<AccessModes> accessModes,
    Optional<String> volumeSource,
    Optional<ParallelPods> parallelPods,
    Optional<RollingUpdate> rollingUpdate,
    Optional<PodTemplate> podTemplate) {

  public ObjectFacts {
    annotations = Map.copyOf(annotations);
  }

  /**
   * All access modes that are written in this object: its own, its claim templates', its ephemeral
   * volumes'.
   */
  public List<AccessModes> writtenAccessModes() {
    List<AccessModes> all = new ArrayList<>();
    accessModes.ifPresent(all::add);
    podTemplate.ifPresent(
        template -> {
          for (PodVolume volume : template.volumes()) {
            if (volume.claim() instanceof PodVolume.InlineClaim inline) {
              all.add(inline.accessModes());
            }
          }
        });
    return all;
  }
}
