package io.rwopguard.mutations;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.Kind;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.PodAnnotations;

/**
 * Mutates an object with any fields. It is malformed, or the patch leads to the edited object, the
 * order of fields changes nothing, and a second run changes nothing.
 */
public final class EditsFuzz {

  private static final Mutations MUTATIONS = new Mutations(Mutations.SETTINGS.get(1));

  private EditsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ObjectNode object = Inputs.object(input).orElse(null);
    Kind kind = object == null ? null : Inputs.kind(object).orElse(null);
    if (kind == null) {
      return;
    }
    try {
      JsonNode stored = MUTATIONS.create(kind, object);
      JsonNode other = MUTATIONS.create(kind, Inputs.reversed(object));
      same(withoutTrace(stored), withoutTrace(other), "the order of fields changes the edits");
      same(stored, MUTATIONS.create(kind, stored), "a second run changes something");
    } catch (MalformedObjectException e) {
      check(!e.getMessage().isBlank(), "a refusal without a reason", e);
    }
  }

  /** Returns the object with the trace as JSON, whose text has the order of the edits. */
  private static JsonNode withoutTrace(JsonNode object) {
    ObjectNode copy = object.deepCopy();
    for (JsonNode parent : copy.findParents(PodAnnotations.TRACE)) {
      ((ObjectNode) parent)
          .set(
              PodAnnotations.TRACE,
              TraceMutation.parse(parent.path(PodAnnotations.TRACE).asText()));
    }
    return copy;
  }
}
