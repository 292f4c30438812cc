package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.network.TestHttpsServer.Refusal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The endpoint of an HTTPS fence as docs/guides/fencing.md asks for it. */
final class FenceReceiver {

  private static final int CONFLICT = 409;

  private final Map<String, Long> last = new HashMap<>();
  private final Set<String> fenced = new HashSet<>();

  synchronized JsonNode answer(JsonNode request) {
    String node = request.path("node").asText();
    long sequence = request.path("sequence").asLong();
    if (sequence < last.getOrDefault(node, 0L)) {
      throw new Refusal(CONFLICT);
    }
    last.put(node, sequence);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    switch (request.path("action").asText()) {
      case "fence" -> fenced.add(node);
      case "unfence" -> fenced.remove(node);
      default -> {
        // status changes nothing
      }
    }
    return answer.put("fenced", fenced.contains(node)).put("unfenced", !fenced.contains(node));
  }

  synchronized boolean isFenced(String node) {
    return fenced.contains(node);
  }
}
