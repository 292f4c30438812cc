package io.rwopguard.workload;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the rules and mutations need to know of one object, read once by {@link ObjectReader}.
 *
 * @param namespace empty for what lies in no namespace
 * @param name may be empty on a create with {@code generateName}
 * @param controller what made it and keeps it as it is
 * @param operator the operator that manages it: an owner of a kind that is not Kubernetes' own, or
 *     a program whose labels it or its pod template has
 * @param beingDeleted whether its deletion has been asked for
 * @param idle whether it runs no Pod, and will not unless somebody changes it: zero replicas, a
 *     suspended or finished Job, a Pod that is over
 * @param volume of a PersistentVolume
 * @param claim of a PersistentVolumeClaim
 * @param parallelPods of whatever makes more than one Pod from its template
 * @param rollingUpdate of a Deployment that has not chosen another strategy
 * @param scaleTarget the workload whose number of Pods a Scale or HorizontalPodAutoscaler sets, if
 *     rwop-guard reads its kind
 * @param podTemplate of a Pod and of whatever makes Pods
 */
public record ObjectFacts(
    Kind kind,
    String namespace,
    String name,
    Map<String, String> annotations,
    Optional<Controller> controller,
    Optional<Operator> operator,
    boolean beingDeleted,
    boolean idle,
    Optional<VolumeSpec> volume,
    Optional<ClaimSpec> claim,
    Optional<ParallelPods> parallelPods,
    Optional<RollingUpdate> rollingUpdate,
    Optional<ObjectKey> scaleTarget,
    Optional<PodTemplate> podTemplate) {

  public ObjectFacts {
    annotations = Map.copyOf(annotations);
  }

  /** Whether a controller made it and keeps it as it is. */
  public boolean hasController() {
    return controller.isPresent();
  }

  /** Whether a controller or an operator manages it. */
  public boolean isKept() {
    return controller.isPresent() || operator.isPresent();
  }

  /** Whether a controller or an operator owns it, which labels alone do not say. */
  public boolean isOwned() {
    return controller.isPresent() || operator.map(Operator::owns).orElse(false);
  }

  /** What names it among the objects of the cluster. */
  public ObjectKey key() {
    return new ObjectKey(kind, namespace, name);
  }

  /** The existing claims that its Pods name, in the order of its volumes. */
  public Set<ClaimKey> namedClaims() {
    Set<ClaimKey> claims = new LinkedHashSet<>();
    podTemplate.ifPresent(
        template -> {
          for (PodVolume volume : template.volumes()) {
            if (volume.claim() instanceof PodVolume.ExistingClaim existing) {
              claims.add(new ClaimKey(namespace, existing.claimName()));
            }
          }
        });
    return claims;
  }

  /**
   * The first claim of each ReadWriteOncePod template of a StatefulSet, which its controller makes
   * or finds. Those of other templates decide nothing, and one may have a hundred Pods.
   */
  public Set<ClaimKey> firstClaimsOfTemplates() {
    Set<ClaimKey> claims = new LinkedHashSet<>();
    podTemplate.ifPresent(
        template -> {
          for (PodVolume volume : template.volumes()) {
            if (volume.claim() instanceof PodVolume.InlineClaim inline
                && inline.spec().accessModes().areReadWriteOncePodAlone()) {
              inline.names().stream()
                  .limit(1)
                  .forEach(name -> claims.add(new ClaimKey(namespace, name)));
            }
          }
        });
    return claims;
  }

  /**
   * Its rolling update, if that starts a new Pod before it takes an old one away: where both need
   * the same claim for themselves, it never ends.
   */
  public Optional<RollingUpdate> updateThatAddsFirst() {
    boolean runs = parallelPods.map(pods -> pods.count() > 0).orElse(false);
    return rollingUpdate.filter(update -> runs && update.maxUnavailable() == 0);
  }

  /** What it asks of the claims that are written in it: its own, or those of its templates. */
  public List<ClaimSpec> writtenClaims() {
    List<ClaimSpec> all = new ArrayList<>();
    claim.ifPresent(all::add);
    podTemplate.ifPresent(
        template -> {
          for (PodVolume volume : template.volumes()) {
            if (volume.claim() instanceof PodVolume.InlineClaim inline) {
              all.add(inline.spec());
            }
          }
        });
    return all;
  }

  /**
   * All access modes that are written in this object: its own, its claim templates', its ephemeral
   * volumes'.
   */
  public List<AccessModes> writtenAccessModes() {
    List<AccessModes> all = new ArrayList<>();
    volume.map(VolumeSpec::accessModes).ifPresent(all::add);
    writtenClaims().forEach(claim -> all.add(claim.accessModes()));
    return all;
  }
}
