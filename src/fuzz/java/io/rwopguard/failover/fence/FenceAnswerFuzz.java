package io.rwopguard.failover.fence;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.HttpsMessage.Action;
import io.rwopguard.fuzz.Inputs;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the answer of an HTTPS fence. A fence counts only if one JSON object says {@code "fenced":
 * true} and, for volumes, lists the text of each ID. An un-fence counts only if it says so. Equal
 * JSON is the same answer.
 */
public final class FenceAnswerFuzz {

  private static final FenceTarget TARGET =
      new FenceTarget(
          "node-1",
          "u1",
          "b1",
          "2026-01-01T00:00:00Z",
          List.of(
              new FencedVolume("csi.example", "h1", "pv-1", "a"),
              new FencedVolume("csi.example", "h2", "pv-2", "7")),
          "shop",
          "db-0",
          "p1");

  private FenceAnswerFuzz() {}

  public static void fuzzerTestOneInput(byte[] body) {
    Optional<JsonNode> json = Inputs.json(body);
    for (Action action : Action.values()) {
      for (FenceScope scope : FenceScope.values()) {
        FenceStatus status = HttpsMessage.answer(action, scope, TARGET, body);
        switch (status.state()) {
          case CONFIRMED -> {
            check(says(json, "fenced", true), "no fence was confirmed", Inputs.text(body));
            check(action != Action.UNFENCE, "an un-fence confirms a fence", Inputs.text(body));
            check(
                scope != FenceScope.VOLUMES || listed(json.get()).containsAll(Set.of("a", "7")),
                "a volume was not confirmed",
                Inputs.text(body));
          }
          case UNFENCED ->
              check(
                  action == Action.UNFENCE
                      ? says(json, "unfenced", true)
                      : action == Action.STATUS && says(json, "fenced", false),
                  "no un-fence was confirmed",
                  Inputs.text(body));
          case FAILED -> check(!status.text().isBlank(), "no reason", status);
          default -> throw new AssertionError("no answer: " + status);
        }
        // the reader that compares keeps the last of two fields
        json.filter(tree -> !status.text().contains("repeated fields"))
            .ifPresent(
                tree ->
                    same(
                        status,
                        HttpsMessage.answer(
                            action,
                            scope,
                            TARGET,
                            Inputs.reversed(tree).toString().getBytes(StandardCharsets.UTF_8)),
                        "the order of fields changes the answer"));
      }
    }
  }

  private static boolean says(Optional<JsonNode> json, String field, boolean value) {
    return json.map(each -> each.path(field))
        .filter(each -> each.isBoolean() && each.booleanValue() == value)
        .isPresent();
  }

  private static Set<String> listed(JsonNode json) {
    Set<String> ids = new HashSet<>();
    if (json.path("volumes").isArray()) {
      for (JsonNode id : json.path("volumes")) {
        if (id.isTextual()) {
          ids.add(id.textValue());
        }
      }
    }
    return ids;
  }
}
