package io.rwopguard.inventory.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ClaimSpec;
import io.rwopguard.model.Controller;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Operator;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.VolumeSpec;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The fields of a manifest that rules and mutations read. Two manifests of an object are versions
 * of it only if these differ. The spec counts, but not labels, a differently assumed namespace, or
 * the version of the API.
 *
 * @param spec the spec, without labels and other metadata
 * @param volume the volume of a PersistentVolume, which is partly read from annotations
 * @param claim the claim of a PersistentVolumeClaim, which is partly read from annotations
 * @param annotations the annotations of rwop-guard on the object and its Pods
 */
public record Content(
    JsonNode spec,
    Optional<VolumeSpec> volume,
    Optional<ClaimSpec> claim,
    Optional<Controller> controller,
    Optional<Operator> operator,
    boolean beingDeleted,
    boolean idle,
    Map<String, String> annotations,
    Map<String, String> podAnnotations) {

  private static final String OWN_ANNOTATIONS = "rwop-guard.io/";

  /** Reads the content of a manifest. */
  public static Content of(ObjectFacts facts, JsonNode json) {
    JsonNode spec = withoutMetadata(KubeObject.of(json).spec());
    if (facts.podTemplate().isPresent() && spec instanceof ObjectNode workload) {
      // it contains the labels of the workload's own Pods
      workload.remove("selector");
    }
    return new Content(
        spec,
        facts.volume(),
        facts.claim(),
        facts.controller(),
        facts.operator(),
        facts.beingDeleted(),
        facts.idle(),
        own(facts.annotations()),
        own(facts.podTemplate().map(PodTemplate::annotations).orElse(Map.of())));
  }

  private static Map<String, String> own(Map<String, String> annotations) {
    Map<String, String> own = new TreeMap<>(annotations);
    own.keySet().removeIf(name -> !name.contains(OWN_ANNOTATIONS));
    return own;
  }

  /** Copies a spec without nulls; of the metadata of templates only the name is kept. */
  private static JsonNode withoutMetadata(JsonNode json) {
    if (json instanceof ArrayNode list) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode(list.size());
      list.forEach(each -> copy.add(withoutMetadata(each)));
      return copy;
    }
    if (!(json instanceof ObjectNode)) {
      return json;
    }
    ObjectNode copy = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (field.getKey().equals("metadata")) {
        copy.set("name", field.getValue().path("name"));
      } else if (!field.getValue().isNull()) {
        copy.set(field.getKey(), withoutMetadata(field.getValue()));
      }
    }
    return copy;
  }
}
