package io.rwopguard.testing.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** A webhook that allows everything and remembers what it was asked, by the path of the call. */
public final class RecordingWebhook implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, JsonNode> requests = new HashMap<>();
  private final TestHttpsServer server;

  public RecordingWebhook() throws IOException {
    server = new TestHttpsServer(this::answer);
  }

  public String url(String path) {
    return server.url(path);
  }

  public String caBundle() throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(server.ca()));
  }

  /** The last request of each path since this was asked the last time. */
  public synchronized Map<String, JsonNode> take() {
    Map<String, JsonNode> taken = Map.copyOf(requests);
    requests.clear();
    return taken;
  }

  private synchronized JsonNode answer(String path, JsonNode review) {
    requests.put(path, review.path("request"));
    ObjectNode answer = JSON.createObjectNode();
    answer.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    answer
        .putObject("response")
        .put("uid", review.at("/request/uid").asText())
        .put("allowed", true);
    return answer;
  }

  @Override
  public void close() {
    server.close();
  }
}
