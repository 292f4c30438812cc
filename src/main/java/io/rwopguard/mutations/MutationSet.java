package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Drivers;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.PodVolume;
import io.rwopguard.model.PodVolume.ExistingClaim;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The mutations, in the order in which they are applied, and the objects that they apply to. */
public final class MutationSet {

  /**
   * The annotation that the kubelet sets on the mirror Pod of a static Pod, which cannot be
   * changed.
   */
  private static final String MIRROR_POD = "kubernetes.io/config.mirror";

  /** The owners whose Pods are virtual machines, which ignore the probes of containers. */
  private static final Set<String> MACHINES =
      Set.of("VirtualMachineInstance", "VirtualMachineInstanceMigration", "VirtualMachinePool");

  private static final Set<String> STRATEGY_ONLY = Set.of("strategy");

  private final List<Mutation> mutations;
  private final MutationSettings settings;

  public MutationSet(MutationSettings settings) {
    this.settings = settings;
    LivenessTarget liveness = settings.liveness();
    StorageFailoverTime patience = new StorageFailoverTime(settings.storageFailoverSeconds());
    this.mutations =
        List.of(
            new VolumeCheckMutation(liveness, patience),
            new LivenessMutation(liveness, patience, settings.edits().contains("startup")),
            new StartupMutation(liveness),
            new PreStopMutation(),
            new GraceMutation(settings.graceSeconds(), settings.graceOfPod()),
            new StrategyMutation(),
            new TolerationsMutation(settings.tolerationSeconds(), settings.revokingDrivers()),
            new TraceMutation());
  }

  /** Returns all mutations, whether they are on or off. */
  public List<Mutation> mutations() {
    return mutations;
  }

  /** Returns whether an object may be changed at all, whatever volumes it uses. */
  public boolean concerns(ObjectFacts object) {
    return settings.kinds().contains(object.kind())
        && !object.beingDeleted()
        // its manager would undo the edit again and again; its Pods are mutated instead
        && (object.kind() == Kind.POD ? !isMachine(object) : !object.isKept())
        && object.podTemplate().map(MutationSet::mayChange).orElse(false);
  }

  private static boolean isMachine(ObjectFacts pod) {
    return pod.controller().map(owner -> MACHINES.contains(owner.kindName())).orElse(false);
  }

  private static boolean mayChange(PodTemplate template) {
    return template.restartsAlways()
        && !template.volumes().isEmpty()
        && !template.annotations().containsKey(MIRROR_POD);
  }

  /** Applies all mutations that are on to a new object. */
  public PatchBuilder apply(ObjectFacts object, JsonNode json, Inventory inventory) {
    return apply(object, json, inventory, settings.edits());
  }

  /**
   * Applies the only mutation outside the template to an object that replaces another with the same
   * template.
   */
  public PatchBuilder applyToStrategy(
      ObjectFacts object, JsonNode json, JsonNode old, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElseThrow();
    JsonNode meant =
        isCertain(object, inventory)
            ? PreviousStrategy.takenBack(template, json, old)
            : PreviousStrategy.keptValid(template, json, old);
    return applyTo(meant, object, json, inventory, STRATEGY_ONLY);
  }

  /**
   * Applies all mutations that are on to an object that replaces another, without what was set in
   * the other. Nothing is reverted on a mere suspicion: a claim that could not be looked up may
   * still be ReadWriteOncePod.
   */
  public PatchBuilder applyToChange(
      ObjectFacts object, JsonNode json, ObjectFacts before, JsonNode old, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElseThrow();
    PodTemplate oldTemplate = before.podTemplate().orElse(template);
    JsonNode meant =
        isCertain(object, inventory)
            ? PreviousEdits.takenBack(template, json, oldTemplate, old)
            : PreviousStrategy.keptValid(oldTemplate, json, old);
    return applyTo(meant, object, json, inventory, settings.edits());
  }

  /** Returns whether an object that is left unchanged may have edits of an earlier time. */
  public boolean mayTakeBack(ObjectFacts object, ObjectFacts before) {
    return MutationSettings.ALL_KINDS.contains(object.kind())
        && object.kind() != Kind.POD
        && !object.beingDeleted()
        // its owner has the template, with the trace
        && !object.hasController()
        && object.podTemplate().isPresent()
        && before
            .podTemplate()
            .map(template -> template.annotations().containsKey(PodAnnotations.TRACE))
            .orElse(false);
  }

  /**
   * Reverts what was set in the object that this one replaces, and sets nothing. If the template
   * does not change, only the strategy is reverted.
   */
  public PatchBuilder takeBack(
      ObjectFacts object, JsonNode json, ObjectFacts before, JsonNode old, boolean keepsTemplate) {
    PodTemplate template = object.podTemplate().orElseThrow();
    PodTemplate oldTemplate = before.podTemplate().orElseThrow();
    JsonNode meant =
        keepsTemplate
            ? PreviousStrategy.takenBack(oldTemplate, json, old)
            : PreviousEdits.takenBack(template, json, oldTemplate, old);
    return PatchBuilder.between(json, meant, List.of());
  }

  private static boolean isCertain(ObjectFacts object, Inventory inventory) {
    return object.podTemplate().orElseThrow().volumes().stream()
        .map(volume -> SingleWriter.of(volume, object.namespace(), inventory))
        .noneMatch(answer -> answer == SingleWriter.UNKNOWN || answer == SingleWriter.NO_CLAIM_YET);
  }

  private PatchBuilder applyTo(
      JsonNode meant, ObjectFacts object, JsonNode json, Inventory inventory, Set<String> wanted) {
    if (meant.equals(json)) {
      return apply(object, json, inventory, wanted);
    }
    ObjectFacts facts = ObjectReader.read(object.kind(), object.namespace(), meant);
    PatchBuilder draft = apply(facts, meant, inventory, wanted);
    return PatchBuilder.between(json, draft.edited(), warnings(draft, json));
  }

  /** Returns the warnings without the request to write a strategy that the object already has. */
  private static List<String> warnings(PatchBuilder draft, JsonNode json) {
    return StrategyMutation.isRecreate(json.path("spec").path("strategy"))
        ? draft.warnings().stream().filter(w -> !w.equals(StrategyMutation.WARNING)).toList()
        : draft.warnings();
  }

  private PatchBuilder apply(
      ObjectFacts object, JsonNode json, Inventory inventory, Set<String> wanted) {
    PatchBuilder draft = new PatchBuilder(json);
    PodTemplate template = object.podTemplate().orElseThrow();
    PodAnnotations annotations = PodAnnotations.of(template);
    if (annotations.leftAlone()
        || (object.kind() == Kind.POD && ExcludedPods.isDebugCopy(object, json))) {
      return draft;
    }
    List<PodVolume> exclusive = new ArrayList<>();
    for (PodVolume volume : template.volumes()) {
      switch (SingleWriter.of(volume, object.namespace(), inventory)) {
        case YES -> exclusive.add(volume);
        case UNKNOWN ->
            draft.warn(
                "volume %s: its claim could not be looked up, so no probe or grace period was set for it"
                    .formatted(volume.name()));
        case NO, NO_CLAIM_YET -> {}
      }
    }
    if (!exclusive.isEmpty()
        && (object.kind() != Kind.POD
            || !ExcludedPods.isOperators(object, annotations, inventory, draft))) {
      SingleWriterPod pod = pod(object, annotations, exclusive, inventory);
      annotations
          .problems()
          .forEach((name, problem) -> draft.warn("annotation %s: %s".formatted(name, problem)));
      for (Mutation mutation : mutations) {
        if (wanted.contains(mutation.id()) && settings.edits().contains(mutation.id())) {
          draft.editedBy(mutation.id());
          mutation.apply(pod, draft);
        }
      }
    }
    return draft;
  }

  private static SingleWriterPod pod(
      ObjectFacts object,
      PodAnnotations annotations,
      List<PodVolume> exclusive,
      Inventory inventory) {
    String namespace = object.namespace();
    PodTemplate template = object.podTemplate().orElseThrow();
    Set<String> names = exclusive.stream().map(PodVolume::name).collect(Collectors.toSet());
    return new SingleWriterPod(
        object,
        template,
        annotations,
        names,
        exclusive.stream().anyMatch(volume -> volume.claim() instanceof ExistingClaim),
        exclusive.stream().map(volume -> Drivers.nameOf(volume, namespace, inventory)).toList(),
        exclusive.stream()
            .flatMap(volume -> Drivers.of(volume, namespace, inventory).stream())
            .filter(driver -> !driver.attaches())
            .findFirst(),
        SingleWriterPod.writers(template, names));
  }
}
