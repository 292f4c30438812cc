package io.rwopguard.failover.fence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.FenceScope;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Writes requests to an HTTPS fence and reads its answers. */
final class HttpsMessage {

  /** Refuses an answer with a field twice, or with text behind it, because it is ambiguous. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The actions that an HTTPS fence is asked for. */
  enum Action {
    FENCE,
    UNFENCE,
    STATUS
  }

  private HttpsMessage() {}

  static String request(Action action, FenceScope scope, FenceTarget target, long sequence) {
    ObjectNode json = JSON.createObjectNode();
    json.put("action", action.name().toLowerCase(Locale.ROOT))
        .put("sequence", sequence)
        .put("scope", scope.name().toLowerCase(Locale.ROOT))
        .put("node", target.node())
        .put("nodeUid", target.nodeUid())
        .put("bootId", target.bootId())
        .put("renewTime", target.renewTime());
    if (scope == FenceScope.VOLUMES) {
      json.put("namespace", target.namespace())
          .put("pod", target.pod())
          .put("uid", target.podUid());
      ArrayNode volumes = json.putArray("volumes");
      for (FencedVolume volume : target.volumes()) {
        volumes
            .addObject()
            .put("id", volume.id())
            .put("driver", volume.driver())
            .put("handle", volume.handle())
            .put("volume", volume.volumeName());
      }
    }
    return json.toString();
  }

  /**
   * Returns the status that an answer reports; anything but an explicit confirmation is a failure.
   */
  static FenceStatus answer(Action action, FenceScope scope, FenceTarget target, byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return FenceStatus.failed("its answer is not one JSON value without repeated fields");
    } catch (java.io.IOException e) {
      return FenceStatus.failed("its answer cannot be read: " + e.getMessage());
    }
    return switch (action) {
      case UNFENCE ->
          isTrue(json.path("unfenced"))
              ? FenceStatus.unfenced()
              : FenceStatus.failed("it did not answer {\"unfenced\": true}");
      case FENCE ->
          isTrue(json.path("fenced"))
              ? confirmed(scope, target, json)
              : FenceStatus.failed("it did not answer {\"fenced\": true}");
      case STATUS -> {
        if (isTrue(json.path("fenced"))) {
          yield confirmed(scope, target, json);
        }
        yield json.path("fenced").isBoolean()
            ? FenceStatus.unfenced()
            : FenceStatus.failed("its answer has neither \"fenced\": true nor \"fenced\": false");
      }
    };
  }

  private static FenceStatus confirmed(FenceScope scope, FenceTarget target, JsonNode json) {
    Set<String> missing = new TreeSet<>();
    target.volumes().forEach(volume -> missing.add(volume.id()));
    Set<String> asked = Set.copyOf(missing);
    if (scope == FenceScope.VOLUMES) {
      JsonNode listed = json.path("volumes");
      for (int i = 0; listed.isArray() && i < listed.size(); i++) {
        missing.remove(listed.get(i).isTextual() ? listed.get(i).textValue() : "");
      }
      if (!missing.isEmpty()) {
        return FenceStatus.failed("it has not confirmed " + String.join(", ", missing));
      }
    }
    return FenceStatus.confirmed(asked);
  }

  private static boolean isTrue(JsonNode value) {
    return value.isBoolean() && value.booleanValue();
  }
}
