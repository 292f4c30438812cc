package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A view of a Kubernetes object: its metadata, and the fields of its spec and status that are read
 * most. It copies nothing, and it throws no exception. A field that is absent, null or below a
 * value of another type reads as not set: as an empty text, an empty list or a missing node.
 *
 * <p>{@link ObjectReader} reads the objects of requests instead, and refuses a field of a wrong
 * type.
 *
 * @param json the object, or a template in it that has a metadata and a spec
 */
public record KubeObject(JsonNode json) {

  /** The replicas of a workload that does not set them. */
  private static final int DEFAULT_REPLICAS = 1;

  /** Returns the view of an object. */
  public static KubeObject of(JsonNode json) {
    return new KubeObject(json);
  }

  /** Returns the metadata. */
  public JsonNode metadata() {
    return json.path("metadata");
  }

  /** Returns the spec. */
  public JsonNode spec() {
    return json.path("spec");
  }

  /** Returns the status. */
  public JsonNode status() {
    return json.path("status");
  }

  /** Returns the name. */
  public String name() {
    return text(metadata(), "name");
  }

  /** Returns the namespace; empty for an object outside namespaces. */
  public String namespace() {
    return text(metadata(), "namespace");
  }

  /** Returns the UID. */
  public String uid() {
    return text(metadata(), "uid");
  }

  /** Returns the version of the object. */
  public String resourceVersion() {
    return text(metadata(), "resourceVersion");
  }

  /** Returns the generation of the desired state; 0 if the object has none. */
  public long generation() {
    return metadata().path("generation").asLong();
  }

  /** Returns whether a client or a controller has requested the deletion of the object. */
  public boolean isBeingDeleted() {
    return metadata().hasNonNull("deletionTimestamp");
  }

  /** Returns the labels. */
  public JsonNode labels() {
    return metadata().path("labels");
  }

  /** Returns the annotations. */
  public JsonNode annotations() {
    return metadata().path("annotations");
  }

  /** Returns the owner references. */
  public JsonNode ownerReferences() {
    return metadata().path("ownerReferences");
  }

  /** Returns the entries of the field managers. */
  public JsonNode managedFields() {
    return metadata().path("managedFields");
  }

  /** Returns the finalizers. */
  public List<String> finalizers() {
    return texts(metadata().path("finalizers"));
  }

  /** Returns the access modes of a claim, a claim template or a volume. */
  public List<String> accessModes() {
    return texts(spec().path("accessModes"));
  }

  /** Returns the volume that a claim names; empty if it names none. */
  public String volumeName() {
    return text(spec(), "volumeName");
  }

  /** Returns the reference of a volume to its claim. */
  public JsonNode claimRef() {
    return spec().path("claimRef");
  }

  /** Returns the reclaim policy of a volume. */
  public String reclaimPolicy() {
    return text(spec(), "persistentVolumeReclaimPolicy");
  }

  /** Returns the node that a Pod is assigned to; empty if it is assigned to none. */
  public String nodeName() {
    return text(spec(), "nodeName");
  }

  /** Returns the desired replicas of a workload; 1 if it does not set them. */
  public int replicas() {
    return spec().path("replicas").asInt(DEFAULT_REPLICAS);
  }

  /** Returns the spec of the Pods that a workload creates. */
  public JsonNode podSpec() {
    return spec().path("template").path("spec");
  }

  /** Returns the phase of a Pod, a claim or a volume. */
  public String phase() {
    return text(status(), "phase");
  }

  /** Returns whether the status has a condition of this type that is True. */
  public boolean hasCondition(String type) {
    for (JsonNode condition : status().path("conditions")) {
      if (text(condition, "type").equals(type) && text(condition, "status").equals("True")) {
        return true;
      }
    }
    return false;
  }

  /** Returns the elements of a list as texts. */
  public static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>(list.size());
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static String text(JsonNode parent, String field) {
    return parent.path(field).asText("");
  }
}
