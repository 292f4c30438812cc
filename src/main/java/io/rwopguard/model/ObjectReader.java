package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.PodVolume.ClaimSource;
import io.rwopguard.model.PodVolume.ExistingClaim;
import io.rwopguard.model.PodVolume.InlineClaim;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Reads the facts of an object from its raw JSON. It is the only class that knows where each kind
 * has its fields.
 */
public final class ObjectReader {

  /**
   * A claim template of a StatefulSet. Each Pod mounts a claim created from it under the template's
   * name.
   */
  private record ClaimTemplate(String name, ClaimSpec spec, List<String> claims) {}

  /**
   * The maximum number of claims of a template to check. One that differs from the template is
   * enough.
   */
  private static final int CLAIMS_OF_TEMPLATE = 10;

  private ObjectReader() {}

  /**
   * Reads an object.
   *
   * @param namespace the request's namespace, because an object may omit its own
   * @throws MalformedObjectException if a field that is read is not of its schema's type
   */
  public static ObjectFacts read(Kind kind, String namespace, JsonNode object) {
    return read(kind, Optional.empty(), namespace, object);
  }

  /**
   * Reads a Scale.
   *
   * @param target the workload that it belongs to, which it does not name itself
   * @throws MalformedObjectException if a field that is read is not of its schema's type
   */
  public static ObjectFacts readScale(ObjectKey target, JsonNode scale) {
    return read(Kind.SCALE, Optional.of(target), target.namespace(), scale);
  }

  private static ObjectFacts read(
      Kind kind, Optional<ObjectKey> scaled, String namespace, JsonNode object) {
    JsonNode metadata = Json.object(object, FieldPath.ROOT, "metadata");
    FieldPath metadataPath = FieldPath.ROOT.field("metadata");
    String itsNamespace = Json.text(metadata, metadataPath, "namespace").orElse(namespace);
    JsonNode spec = Json.object(object, FieldPath.ROOT, "spec");
    FieldPath specPath = FieldPath.ROOT.field("spec");

    Map<String, String> annotations = annotations(metadata, metadataPath);
    Optional<ParallelPods> pods = ReplicationReader.parallelPods(kind, spec, specPath);
    Optional<ObjectKey> scaleTarget =
        kind == Kind.HORIZONTAL_POD_AUTOSCALER
            ? ReplicationReader.scaleTarget(itsNamespace, spec, specPath)
            : scaled;
    List<ClaimTemplate> claimTemplates =
        kind == Kind.STATEFUL_SET
            ? claimTemplates(
                spec, specPath, Json.text(metadata, metadataPath, "name").orElse(""), pods)
            : List.of();
    return new ObjectFacts(
        kind,
        itsNamespace,
        Json.text(metadata, metadataPath, "name").orElse(""),
        annotations,
        controller(metadata, metadataPath),
        Operators.of(metadata).or(() -> operatorOfTemplate(kind, object)),
        !Json.isUnset(metadata.path("deletionTimestamp")),
        ReplicationReader.isIdle(kind, object, pods),
        kind == Kind.PERSISTENT_VOLUME
            ? Optional.of(StorageReader.volume(spec, specPath, annotations))
            : Optional.empty(),
        kind == Kind.PERSISTENT_VOLUME_CLAIM
            ? Optional.of(StorageReader.claim(spec, specPath, annotations))
            : Optional.empty(),
        pods,
        ReplicationReader.rollingUpdate(kind, spec, specPath),
        scaleTarget,
        kind.podTemplateFields().map(fields -> podTemplate(object, fields, claimTemplates)));
  }

  private static Map<String, String> annotations(JsonNode metadata, FieldPath metadataPath) {
    Map<String, String> annotations = new HashMap<>();
    JsonNode written = Json.object(metadata, metadataPath, "annotations");
    FieldPath path = metadataPath.field("annotations");
    for (Iterator<String> names = written.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      Json.text(written, path, name).ifPresent(value -> annotations.put(name, value));
    }
    return annotations;
  }

  /**
   * Returns the operator whose labels a template has. Some operators label only the Pods, and not
   * the workload.
   */
  private static Optional<Operator> operatorOfTemplate(Kind kind, JsonNode object) {
    List<String> fields = kind.podTemplateFields().orElse(List.of());
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    JsonNode template = object;
    for (String field : fields) {
      template = template.path(field);
    }
    return Operators.byLabels(template.path("metadata").path("labels"))
        .map(title -> new Operator(title, false));
  }

  private static Optional<Controller> controller(JsonNode metadata, FieldPath metadataPath) {
    for (JsonNode owner : Json.objects(metadata, metadataPath, "ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        String kindName = owner.path("kind").asText();
        Optional<Kind> kind = Kind.of(Kind.groupOf(owner.path("apiVersion").asText()), kindName);
        return Optional.of(new Controller(kind, kindName, owner.path("name").asText()));
      }
    }
    return Optional.empty();
  }

  private static List<ClaimTemplate> claimTemplates(
      JsonNode spec, FieldPath specPath, String set, Optional<ParallelPods> pods) {
    JsonNode ordinals = Json.object(spec, specPath, "ordinals");
    int start = Json.integer(ordinals, specPath.field("ordinals"), "start", 0);
    // a StatefulSet at 0 replicas scales up to its first claim
    int count = pods.map(ParallelPods::count).orElse(1);
    List<String> suffixes =
        IntStream.range(start, start + Math.min(Math.max(count, 1), CLAIMS_OF_TEMPLATE))
            .filter(ordinal -> !set.isEmpty())
            .mapToObj(ordinal -> "-%s-%d".formatted(set, ordinal))
            .toList();
    List<ClaimTemplate> templates = new ArrayList<>();
    List<JsonNode> written = Json.objects(spec, specPath, "volumeClaimTemplates");
    for (int i = 0; i < written.size(); i++) {
      FieldPath path = specPath.field("volumeClaimTemplates").index(i);
      JsonNode metadata = Json.object(written.get(i), path, "metadata");
      JsonNode claimSpec = Json.object(written.get(i), path, "spec");
      String name = Json.text(metadata, path.field("metadata"), "name").orElse("");
      templates.add(
          new ClaimTemplate(
              name,
              StorageReader.claim(claimSpec, path.field("spec")),
              suffixes.stream().map(name::concat).toList()));
    }
    return templates;
  }

  private static PodTemplate podTemplate(
      JsonNode object, List<String> templateFields, List<ClaimTemplate> claimTemplates) {
    JsonNode template = object;
    FieldPath path = FieldPath.ROOT;
    for (String field : templateFields) {
      template = Json.object(template, path, field);
      path = path.field(field);
    }
    JsonNode metadata = Json.object(template, path, "metadata");
    JsonNode spec = Json.object(template, path, "spec");
    FieldPath specPath = path.field("spec");
    List<Container> containers = new ArrayList<>();
    addContainers(spec, specPath, "initContainers", containers);
    int initContainers = containers.size();
    addContainers(spec, specPath, "containers", containers);
    if (containers.size() == initContainers) {
      throw new MalformedObjectException(
          specPath.field("containers"),
          "a list with at least one container",
          Json.kindOf(spec.path("containers")).replace("a list", "an empty list"));
    }
    return new PodTemplate(
        path,
        template,
        spec,
        annotations(metadata, path.field("metadata")),
        volumes(spec, specPath, claimTemplates),
        containers);
  }

  private static List<PodVolume> volumes(
      JsonNode spec, FieldPath specPath, List<ClaimTemplate> claimTemplates) {
    List<PodVolume> volumes = new ArrayList<>();
    Set<String> fromTemplates = new HashSet<>();
    for (ClaimTemplate template : claimTemplates) {
      fromTemplates.add(template.name());
      volumes.add(
          new PodVolume(template.name(), new InlineClaim(template.spec(), template.claims())));
    }
    List<JsonNode> written = Json.objects(spec, specPath, "volumes");
    for (int i = 0; i < written.size(); i++) {
      FieldPath path = specPath.field("volumes").index(i);
      JsonNode volume = written.get(i);
      String name = Json.text(volume, path, "name").orElse("");
      // the StatefulSet controller replaces a volume that has the name of a claim template
      if (!fromTemplates.contains(name)) {
        claimSource(volume, path).ifPresent(claim -> volumes.add(new PodVolume(name, claim)));
      }
    }
    return volumes;
  }

  private static Optional<ClaimSource> claimSource(JsonNode volume, FieldPath path) {
    JsonNode existing = Json.object(volume, path, "persistentVolumeClaim");
    if (existing.isObject()) {
      FieldPath existingPath = path.field("persistentVolumeClaim");
      return Json.text(existing, existingPath, "claimName").map(ExistingClaim::new);
    }
    JsonNode ephemeral = Json.object(volume, path, "ephemeral");
    FieldPath ephemeralPath = path.field("ephemeral");
    JsonNode template = Json.object(ephemeral, ephemeralPath, "volumeClaimTemplate");
    if (!template.isObject()) {
      return Optional.empty();
    }
    FieldPath templatePath = ephemeralPath.field("volumeClaimTemplate");
    JsonNode claimSpec = Json.object(template, templatePath, "spec");
    return Optional.of(
        new InlineClaim(StorageReader.claim(claimSpec, templatePath.field("spec")), List.of()));
  }

  private static void addContainers(
      JsonNode spec, FieldPath specPath, String field, List<Container> containers) {
    List<JsonNode> written = Json.objects(spec, specPath, field);
    for (int i = 0; i < written.size(); i++) {
      FieldPath path = specPath.field(field).index(i);
      JsonNode json = written.get(i);
      Set<String> volumes = new HashSet<>();
      addNames(json, path, "volumeMounts", volumes);
      addNames(json, path, "volumeDevices", volumes);
      containers.add(
          new Container(
              path,
              Json.text(json, path, "name").orElse(""),
              json,
              role(json, path, field),
              volumes));
    }
  }

  private static Container.Role role(JsonNode container, FieldPath path, String field) {
    if (field.equals("containers")) {
      return Container.Role.MAIN;
    }
    boolean restarts = Json.text(container, path, "restartPolicy").orElse("").equals("Always");
    return restarts ? Container.Role.NATIVE_SIDECAR : Container.Role.INIT;
  }

  private static void addNames(JsonNode json, FieldPath path, String field, Set<String> names) {
    List<JsonNode> written = Json.objects(json, path, field);
    for (int i = 0; i < written.size(); i++) {
      Json.text(written.get(i), path.field(field).index(i), "name").ifPresent(names::add);
    }
  }
}
