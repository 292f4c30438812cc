package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Kind;
import java.util.List;
import java.util.Set;

/**
 * Lets a Pod leave a dead node soon. It is off by default. With a zero grace period it applies only
 * where the driver revokes the dead node's access; otherwise it would be a failover without a
 * fence. Runs after {@link GraceMutation}.
 */
public final class TolerationsMutation implements Mutation {

  /** The seconds that the API server's DefaultTolerationSeconds gives every Pod. */
  private static final int DEFAULT_SECONDS = 300;

  private static final List<String> KEYS =
      List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

  private final int seconds;
  private final Set<String> revokingDrivers;

  TolerationsMutation(int seconds, Set<String> revokingDrivers) {
    this.seconds = seconds;
    this.revokingDrivers = revokingDrivers;
  }

  @Override
  public String id() {
    return "tolerations";
  }

  @Override
  public String summary() {
    return "%d s on a node that is not ready or unreachable, instead of the default 300; only with a grace period of 1 or more, or a driver in rwop-guard.tolerations.revoking-drivers"
        .formatted(seconds);
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    FieldPath spec = pod.template().specPath();
    long grace = pod.template().gracePeriodSeconds(draft.at(spec));
    boolean revoked =
        pod.driverNames().stream()
            .allMatch(name -> name.map(revokingDrivers::contains).orElse(false));
    if (grace == 0 && !revoked) {
      return;
    }
    KEYS.forEach(key -> tolerate(key, spec, pod.object().kind() == Kind.POD, draft));
  }

  private void tolerate(String key, FieldPath spec, boolean ofPod, PatchBuilder draft) {
    JsonNode tolerations = draft.at(spec).path("tolerations");
    for (int i = 0; i < tolerations.size(); i++) {
      JsonNode toleration = tolerations.get(i);
      if (concerns(toleration, key)) {
        if (isDefault(toleration, key)) {
          draft.set(spec.field("tolerations").index(i), "tolerationSeconds", seconds);
        }
        return;
      }
    }
    // a template has no defaults yet; a Pod without them is from a cluster that adds none
    if (!ofPod) {
      draft.append(
          spec,
          "tolerations",
          JsonNodeFactory.instance
              .objectNode()
              .put("key", key)
              .put("operator", "Exists")
              .put("effect", "NoExecute")
              .put("tolerationSeconds", seconds));
    }
  }

  private static boolean concerns(JsonNode toleration, String key) {
    String effect = toleration.path("effect").asText("");
    String of = toleration.path("key").asText("");
    return (of.isEmpty() || of.equals(key)) && (effect.isEmpty() || effect.equals("NoExecute"));
  }

  private static boolean isDefault(JsonNode toleration, String key) {
    return toleration.path("key").asText().equals(key)
        && toleration.path("operator").asText().equals("Exists")
        && toleration.path("effect").asText().equals("NoExecute")
        && toleration.path("tolerationSeconds").asLong() == DEFAULT_SECONDS;
  }
}
