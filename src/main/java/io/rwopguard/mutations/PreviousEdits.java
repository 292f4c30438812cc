package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reverts, in an object that replaces another, what the mutations set in the previous one. An apply
 * keeps the fields that its manifest does not name, so the object would differ from what its author
 * wants:
 *
 * <ul>
 *   <li>A new probe of the author would be next to the added one, which the API server refuses.
 *   <li>After a changed port the probe would still check the old one.
 *   <li>No annotation would restore a value.
 * </ul>
 */
final class PreviousEdits {

  private static final Set<String> LISTS_BY_NAME = Set.of("containers", "initContainers");
  private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[(\\d+)\\]");

  /** A list element to remove once no index is needed any more. */
  private record Surplus(ArrayNode list, JsonNode element) {}

  private final JsonNode before;
  private final ObjectNode edited;
  private final List<Surplus> surplus = new ArrayList<>();

  private PreviousEdits(JsonNode before, ObjectNode edited) {
    this.before = before;
    this.edited = edited;
  }

  /**
   * Returns the object without these edits, or the same object if there are none to revert. An
   * object that has a trace itself, such as a revision to roll back to, is complete.
   */
  static JsonNode takenBack(
      PodTemplate template, JsonNode json, PodTemplate beforeTemplate, JsonNode before) {
    String trace = beforeTemplate.annotations().get(PodAnnotations.TRACE);
    String own = template.annotations().getOrDefault(PodAnnotations.TRACE, trace);
    if (trace == null) {
      return PreviousStrategy.takenBack(beforeTemplate, json, before);
    }
    if (!trace.equals(own) || !(json instanceof ObjectNode object)) {
      return json;
    }
    PreviousEdits edits = new PreviousEdits(before, object.deepCopy());
    for (Trace.Edit edit : Trace.edits(trace)) {
      edits.takeBack(edit.field(), template.path(), edit.replaced());
    }
    PreviousStrategy.takeBack(beforeTemplate, before, edits.edited);
    edits.surplus.forEach(PreviousEdits::remove);
    if (template.annotationsPath().in(edits.edited) instanceof ObjectNode annotations) {
      annotations.remove(PodAnnotations.TRACE);
    }
    return edits.edited;
  }

  private static void remove(Surplus surplus) {
    for (int i = 0; i < surplus.list().size(); i++) {
      if (surplus.list().get(i).equals(surplus.element())) {
        surplus.list().remove(i);
        return;
      }
    }
  }

  private void takeBack(String field, FieldPath root, JsonNode authors) {
    JsonNode then = root.in(before);
    JsonNode now = root.in(edited);
    String list = "";
    Matcher step = STEP.matcher(field);
    while (step.find()) {
      boolean last = step.end() == field.length();
      if (step.group(1) != null) {
        list = step.group(1);
        if (last && now instanceof ObjectNode parent) {
          takeBack(parent, list, then.path(list), authors);
          return;
        }
        then = then.path(list);
        now = now.path(list);
      } else {
        int index = Integer.parseInt(step.group(2));
        JsonNode element = then.path(index);
        JsonNode found =
            LISTS_BY_NAME.contains(list) ? named(now, element.path("name")) : now.path(index);
        if (last && now instanceof ArrayNode all && found.equals(element)) {
          surplus.add(new Surplus(all, found));
        }
        then = element;
        now = found;
      }
    }
  }

  private static JsonNode named(JsonNode list, JsonNode name) {
    for (JsonNode element : list) {
      if (!name.isMissingNode() && element.path("name").equals(name)) {
        return element;
      }
    }
    return MissingNode.getInstance();
  }

  private static void takeBack(ObjectNode parent, String field, JsonNode then, JsonNode authors) {
    JsonNode now = parent.path(field);
    if (now.isMissingNode()) {
      // the API server omits a zero that was set
      if (then.isMissingNode() && authors.isNumber()) {
        parent.set(field, authors);
      }
      return;
    }
    if (now.equals(then)) {
      if (authors.isNull()) {
        parent.remove(field);
      } else {
        parent.set(field, authors.deepCopy());
      }
    } else if (authors.isNull() && now instanceof ObjectNode mixed && Probe.handlersOf(mixed) > 1) {
      // the author's own probe, merged with the added one
      for (Map.Entry<String, JsonNode> ours : then.properties()) {
        if (mixed.path(ours.getKey()).equals(ours.getValue())) {
          mixed.remove(ours.getKey());
        }
      }
    }
  }
}
