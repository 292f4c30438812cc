package io.rwopguard.mutations;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.PodAnnotations;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Records the edits of the other mutations on the pod template. The annotation contains a JSON
 * object for each mutation, from the field to its previous value, or null if it had none. Runs
 * last.
 */
public final class TraceMutation implements Mutation {

  /**
   * The maximum bytes of all annotations: k8s.io/apimachinery pkg/api/validation
   * TotalAnnotationSizeLimitB.
   */
  private static final long LARGEST = 256 * 1024;

  private static final JsonMapper MAPPER = new JsonMapper();

  @Override
  public String id() {
    return "trace";
  }

  @Override
  public String summary() {
    return "an annotation " + PodAnnotations.TRACE + " that names the edits and what they replaced";
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    List<PatchBuilder.Change> changes = draft.changes();
    if (changes.isEmpty()) {
      return;
    }
    ObjectNode trace = before(pod);
    String prefix = pod.template().path().text();
    for (PatchBuilder.Change change : changes) {
      String field = change.path().text();
      // a template has its Pods' fields at another path, and the trace names the fields as in a Pod
      String inPod =
          !prefix.isEmpty() && field.startsWith(prefix + ".")
              ? field.substring(prefix.length() + 1)
              : field;
      // another author may have written anything here
      ObjectNode ofMutation =
          trace.get(change.mutation()) instanceof ObjectNode earlier
              ? earlier
              : trace.putObject(change.mutation());
      if (!ofMutation.has(inPod)) {
        JsonNode was = change.before();
        ofMutation.set(inPod, was.isMissingNode() ? NullNode.getInstance() : was);
      }
    }
    String written = trace.toString();
    if (!fits(pod, written)) {
      draft.warn(
          "the edits are not recorded: the annotations have reached their maximum size; shorten the others");
      return;
    }
    FieldPath metadata = draft.ensureObject(pod.template().path(), "metadata");
    FieldPath annotations = draft.ensureObject(metadata, "annotations");
    draft.set(annotations, PodAnnotations.TRACE, TextNode.valueOf(written));
  }

  private static boolean fits(SingleWriterPod pod, String trace) {
    long others =
        pod.template().annotations().entrySet().stream()
            .filter(annotation -> !annotation.getKey().equals(PodAnnotations.TRACE))
            .mapToLong(annotation -> size(annotation.getKey()) + size(annotation.getValue()))
            .sum();
    return others + size(PodAnnotations.TRACE) + size(trace) <= LARGEST;
  }

  private static long size(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * Returns the value that earlier runs report as replaced in this field; a missing node if none
   * did.
   */
  static JsonNode replaced(SingleWriterPod pod, String mutation, String field) {
    JsonNode replaced = before(pod).path(mutation).path(field);
    return Trace.isPossible(mutation, field, replaced) ? replaced : MissingNode.getInstance();
  }

  /** Returns the trace of earlier runs. The value that an author wrote stays the one to restore. */
  private static ObjectNode before(SingleWriterPod pod) {
    String written = pod.template().annotations().get(PodAnnotations.TRACE);
    return written == null ? JsonNodeFactory.instance.objectNode() : parse(written);
  }

  /** Returns the content of the annotation; empty if another author wrote something else there. */
  static ObjectNode parse(String written) {
    try {
      return MAPPER.readTree(written) instanceof ObjectNode trace
          ? trace
          : JsonNodeFactory.instance.objectNode();
    } catch (JsonProcessingException e) {
      return JsonNodeFactory.instance.objectNode();
    }
  }
}
