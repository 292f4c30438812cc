package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.MigrationPlanner.Member;
import io.rwopguard.migration.MigrationPlanner.Workload;
import io.rwopguard.migration.Unit.Part;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sees how far a move is, live. */
final class MigrationSight {

  private static final String RETAIN = "Retain";

  private final MigrationObjects objects;
  private final UnitFinder finder;
  private final Unit unit;
  private final List<MigrationRecord> records;

  MigrationSight(MigrationObjects objects, UnitFinder finder, Unit unit, boolean rollback) {
    this.objects = objects;
    this.finder = finder;
    this.unit = unit;
    Optional<JsonNode> workload = unit.workload().flatMap(objects::object);
    Optional<MigrationRecord> known =
        unit.claims().stream().flatMap(part -> part.remembered().stream()).findFirst();
    this.records =
        unit.claims().stream()
            .map(
                part ->
                    part.remembered()
                        .orElseGet(() -> record(part, workload, known))
                        .going(rollback))
            .toList();
  }

  /** What is to be remembered of a claim; what is known of the whole comes from its first. */
  private MigrationRecord record(
      Part part, Optional<JsonNode> workload, Optional<MigrationRecord> known) {
    String policy = part.volume().path("spec").path("persistentVolumeReclaimPolicy").asText(RETAIN);
    boolean halfDone = part.claim().isEmpty() || disagree(part);
    return new MigrationRecord(
        part.key(),
        unit.claims().stream().map(each -> each.key().name()).toList(),
        MigrationRecord.SHARED,
        false,
        // of a move made by hand it is not known what the policy was
        halfDone && policy.equals(RETAIN) ? Optional.empty() : Optional.of(policy),
        part.claim()
            .<JsonNode>map(claim -> ClaimManifest.of(claim, part.volume()))
            .orElseGet(() -> ClaimManifest.of(part.key(), part.volume())),
        unit.workload(),
        known
            .map(MigrationRecord::replicas)
            .orElseGet(
                () -> workload.map(json -> json.path("spec").path("replicas").asInt(1)).orElse(0)),
        known
            .map(MigrationRecord::set)
            .orElseGet(
                () ->
                    unit.template().isEmpty()
                        ? Optional.empty()
                        : workload.map(ClaimManifest::ofSet)));
  }

  private static boolean disagree(Part part) {
    List<String> ofVolume = MigrationRecord.texts(part.volume().path("spec").path("accessModes"));
    return part.claim()
        .map(claim -> MigrationRecord.texts(claim.path("spec").path("accessModes")))
        .filter(ofClaim -> !ofClaim.equals(ofVolume))
        .isPresent();
  }

  MigrationRecord record(int member) {
    return records.get(member);
  }

  MigrationRecord record(Part part) {
    return records.get(unit.claims().indexOf(part));
  }

  /** The claims and their volumes, as they are now. */
  List<Member> members() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < unit.claims().size(); i++) {
      members.add(member(unit.claims().get(i), records.get(i)));
    }
    return members;
  }

  private Member member(Part part, MigrationRecord record) {
    JsonNode volume =
        objects
            .volume(part.volumeName())
            .orElseThrow(
                () ->
                    new RefusedException(
                        "volume %s is gone; restore its data from a backup into a new claim"
                            .formatted(part.volumeName())));
    Optional<JsonNode> claim = objects.claim(part.key());
    JsonNode spec = volume.path("spec");
    String policy = spec.path("persistentVolumeReclaimPolicy").asText();
    Optional<MigrationRecord> written = new Part(part.key(), claim, volume).remembered();
    return new Member(
        record,
        written.isPresent(),
        written.filter(found -> found.rollback() == record.rollback()).isPresent(),
        policy.equals(RETAIN),
        record.policy().map(policy::equals).orElse(true),
        MigrationRecord.texts(spec.path("accessModes")),
        spec.path("claimRef").path("uid").asText(""),
        claim.map(json -> json.path("metadata").path("uid").asText()).orElse(""),
        claim
            .map(json -> MigrationRecord.texts(json.path("spec").path("accessModes")))
            .orElse(List.of()),
        claim.map(json -> json.path("metadata").hasNonNull("deletionTimestamp")).orElse(false),
        volume.path("status").path("phase").asText().equals("Bound")
            && claim
                .map(json -> json.path("status").path("phase").asText().equals("Bound"))
                .orElse(false));
  }

  /** Who uses the claims, as it is now. */
  Optional<Workload> workload() {
    List<String> pods = pods();
    boolean attached =
        unit.claims().stream().anyMatch(part -> objects.isAttached(part.volumeName()));
    if (unit.workload().isEmpty()) {
      return pods.isEmpty() && !attached
          ? Optional.empty()
          : Optional.of(new Workload(true, false, 0, pods, attached, true));
    }
    ObjectKey key = unit.workload().get();
    Optional<JsonNode> workload = objects.object(key);
    return Optional.of(
        new Workload(
            workload.isPresent(),
            workload
                .map(json -> json.path("metadata").hasNonNull("deletionTimestamp"))
                .orElse(false),
            workload.map(json -> json.path("spec").path("replicas").asInt(1)).orElse(0),
            pods,
            attached,
            unit.template().isEmpty() || workload.map(this::templateFits).orElse(true)));
  }

  private boolean templateFits(JsonNode set) {
    for (JsonNode template : set.path("spec").path("volumeClaimTemplates")) {
      if (template.path("metadata").path("name").asText().equals(unit.template())) {
        return MigrationRecord.texts(template.path("spec").path("accessModes"))
            .equals(records.get(0).to());
      }
    }
    return true;
  }

  /** Whether the set has to be made anew. */
  boolean recreatesSet() {
    return workload().filter(user -> user.there() && !user.templateFits()).isPresent();
  }

  private List<String> pods() {
    List<ClaimKey> keys = unit.claims().stream().map(Part::key).toList();
    return keys.stream()
        .flatMap(key -> finder.podsOf(key).stream())
        .map(pod -> pod.key().name())
        .distinct()
        .sorted()
        .toList();
  }
}
