package io.rwopguard.rules;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.Kind;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.testing.manifests.FixtureInventory;
import java.util.Optional;

/**
 * Reads the facts of an object and evaluates all rules. The findings, or the malformed field, are
 * the same for equal JSON, and a null is the same as an absent field.
 */
public final class ObjectFuzz {

  private ObjectFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ObjectNode object = Inputs.object(input).orElse(null);
    Kind kind = object == null ? null : Inputs.kind(object).orElse(null);
    if (kind == null) {
      return;
    }
    String original = object.toString();
    Object result = result(kind, object);
    same(original, object.toString(), "a rule changed the object");
    same(result, result(kind, Inputs.reversed(object)), "the order of fields changes the result");
    same(result, result(kind, Inputs.withoutNulls(object)), "a null changes the result");
  }

  private static Object result(Kind kind, JsonNode object) {
    try {
      return RuleSet.WITH_DEFAULTS.findings(
          ObjectReader.read(kind, "shop", object), Optional.empty(), new FixtureInventory());
    } catch (MalformedObjectException e) {
      check(!e.getMessage().isBlank(), "a refusal without a reason", e);
      return "malformed: " + e.field();
    }
  }
}
