package io.rwopguard.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The facts of one object that the rules and mutations need, read once by {@link ObjectReader}.
 *
 * @param namespace empty for an object outside namespaces
 * @param name may be empty on a create with {@code generateName}
 * @param controller the controller that created and reconciles it
 * @param operator the operator that manages it: an owner of a kind outside Kubernetes, or a program
 *     whose labels the object or its pod template has
 * @param beingDeleted whether its deletion was requested
 * @param idle whether it runs no Pod, and will not until it is changed: zero replicas, a suspended
 *     or finished Job, an ended Pod
 * @param volume the volume of a PersistentVolume
 * @param claim the claim of a PersistentVolumeClaim
 * @param parallelPods the Pods of any kind that creates more than one from its template
 * @param rollingUpdate the rolling update of a Deployment without another strategy
 * @param scaleTarget the workload whose number of Pods a Scale or HorizontalPodAutoscaler sets, if
 *     rwop-guard reads its kind
 * @param podTemplate the template of a Pod and of any kind that creates Pods
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

  /** Returns whether a controller created it and reconciles it. */
  public boolean hasController() {
    return controller.isPresent();
  }

  /** Returns whether a controller or an operator manages it. */
  public boolean isKept() {
    return controller.isPresent() || operator.isPresent();
  }

  /** Returns whether a controller or an operator owns it, which labels alone do not prove. */
  public boolean isOwned() {
    return controller.isPresent() || operator.map(Operator::owns).orElse(false);
  }

  /**
   * Returns the same facts without the owners that anyone can write. What remains is the controller
   * of a kind that creates objects of this kind: it deletes what it does not need.
   */
  public ObjectFacts withoutForgedOwners() {
    Optional<Controller> maker = controller.filter(owner -> owner.makes(kind));
    return operator.isPresent() || !maker.equals(controller)
        ? new ObjectFacts(
            kind,
            namespace,
            name,
            annotations,
            maker,
            Optional.empty(),
            beingDeleted,
            idle,
            volume,
            claim,
            parallelPods,
            rollingUpdate,
            scaleTarget,
            podTemplate)
        : this;
  }

  /** Returns its key among the objects of the cluster. */
  public ObjectKey key() {
    return new ObjectKey(kind, namespace, name);
  }

  /** Returns the existing claims that its Pods name, in the order of its volumes. */
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
   * Returns the first claim of each ReadWriteOncePod template of a StatefulSet, which its
   * controller creates or finds. The claims of other templates decide nothing, and there may be a
   * hundred Pods.
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
   * Returns its rolling update, if that starts a new Pod before it deletes an old one. If both Pods
   * need the same claim exclusively, such an update never ends.
   */
  public Optional<RollingUpdate> updateThatAddsFirst() {
    boolean runs = parallelPods.map(pods -> pods.count() > 0).orElse(false);
    return rollingUpdate.filter(update -> runs && update.maxUnavailable() == 0);
  }

  /** Returns the specs of the claims in it: its own, or those of its templates. */
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
   * Returns all access modes in this object: its own, its claim templates', its ephemeral volumes'.
   */
  public List<AccessModes> writtenAccessModes() {
    List<AccessModes> all = new ArrayList<>();
    volume.map(VolumeSpec::accessModes).ifPresent(all::add);
    writtenClaims().forEach(claim -> all.add(claim.accessModes()));
    return all;
  }
}
