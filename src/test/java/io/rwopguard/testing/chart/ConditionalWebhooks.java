package io.rwopguard.testing.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.network.RecordingWebhook;
import java.io.IOException;
import java.util.List;

/**
 * Webhooks registered twice, all as mutating ones: with their conditions at the path {@code
 * .../with}, without them at {@code .../without}. With {@code Fail}, an entry has a second part for
 * what no rule denies, at {@code .../rest}.
 */
public final class ConditionalWebhooks {

  private ConditionalWebhooks() {}

  /** Returns one configuration of all webhooks in these. */
  public static ObjectNode of(List<ObjectNode> configurations, RecordingWebhook webhook)
      throws IOException {
    ObjectNode both = JsonNodeFactory.instance.objectNode();
    both.put("apiVersion", "admissionregistration.k8s.io/v1");
    both.put("kind", "MutatingWebhookConfiguration");
    both.putObject("metadata").put("name", "match-conditions");
    ArrayNode webhooks = both.putArray("webhooks");
    for (ObjectNode configuration : configurations) {
      for (JsonNode entry : configuration.path("webhooks")) {
        boolean rest = entry.path("name").asText().contains("-later.");
        webhooks.add(copy((ObjectNode) entry, rest ? "rest" : "with", webhook));
        webhooks.add(copy((ObjectNode) entry, "without", webhook));
      }
    }
    return both;
  }

  private static ObjectNode copy(ObjectNode entry, String how, RecordingWebhook webhook)
      throws IOException {
    String path = entry.at("/clientConfig/service/path").asText();
    ObjectNode copy = entry.deepCopy();
    copy.put("name", how + "." + entry.path("name").asText()).put("timeoutSeconds", 20);
    // a condition that cannot be evaluated must not pass for one that is not met
    copy.put("failurePolicy", "Fail");
    copy.put("reinvocationPolicy", "Never");
    if (how.equals("without")) {
      copy.remove("matchConditions");
    }
    copy.putObject("clientConfig")
        .put("url", webhook.url(path + "/" + how))
        .put("caBundle", webhook.caBundle());
    return copy;
  }
}
