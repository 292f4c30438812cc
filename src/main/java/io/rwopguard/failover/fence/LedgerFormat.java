package io.rwopguard.failover.fence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.FenceScope;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes and reads the entries of the ledger as JSON. */
final class LedgerFormat {

  /** The version of the format. A record of another version is left alone. */
  static final int SCHEMA = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private LedgerFormat() {}

  static String write(List<LedgerEntry> entries) {
    ArrayNode array = JSON.createArrayNode();
    for (LedgerEntry entry : entries) {
      FenceTarget target = entry.target();
      ObjectNode json =
          array
              .addObject()
              .put("provider", entry.provider())
              .put("scope", entry.scope().name())
              .put("state", entry.state().name())
              .put("text", entry.text())
              .put("askedAt", entry.askedAt().toString())
              .put("changedAt", entry.changedAt().toString())
              .put("staleMappings", entry.staleMappings());
      ObjectNode asked =
          json.putObject("target")
              .put("node", target.node())
              .put("nodeUid", target.nodeUid())
              .put("bootId", target.bootId())
              .put("renewTime", target.renewTime())
              .put("namespace", target.namespace())
              .put("pod", target.pod())
              .put("podUid", target.podUid());
      ArrayNode volumes = asked.putArray("volumes");
      for (FencedVolume volume : target.volumes()) {
        volumes
            .addObject()
            .put("driver", volume.driver())
            .put("handle", volume.handle())
            .put("volumeName", volume.volumeName())
            .put("inUse", volume.inUse());
      }
      ArrayNode addresses = asked.putArray("addresses");
      for (NodeAddress address : target.addresses()) {
        addresses.addObject().put("source", address.source()).put("cidr", address.cidr());
      }
    }
    return array.toString();
  }

  /**
   * Reads entries.
   *
   * @throws IllegalArgumentException if any part is missing or has another form
   */
  static List<LedgerEntry> read(String text) {
    try {
      JsonNode array = JSON.readTree(text);
      if (!array.isArray()) {
        throw new IllegalArgumentException("its entries are not a list");
      }
      List<LedgerEntry> entries = new ArrayList<>();
      for (JsonNode json : array) {
        entries.add(
            new LedgerEntry(
                required(json, "provider"),
                FenceScope.valueOf(required(json, "scope")),
                target(json.path("target")),
                LedgerEntry.State.valueOf(required(json, "state")),
                required(json, "text"),
                Instant.parse(required(json, "askedAt")),
                Instant.parse(required(json, "changedAt")),
                staleMappings(json)));
      }
      return entries;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Reads the need for a reboot. An entry of an earlier version has no such field; only the taint
   * keeps its need.
   */
  private static boolean staleMappings(JsonNode json) {
    JsonNode value = json.path("staleMappings");
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new IllegalArgumentException("field staleMappings is not a boolean");
    }
    return value.asBoolean(false);
  }

  private static FenceTarget target(JsonNode json) {
    List<FencedVolume> volumes = new ArrayList<>();
    if (!json.path("volumes").isArray()) {
      throw new IllegalArgumentException("field volumes is not a list");
    }
    for (JsonNode volume : json.path("volumes")) {
      volumes.add(
          new FencedVolume(
              required(volume, "driver"),
              required(volume, "handle"),
              required(volume, "volumeName"),
              required(volume, "inUse")));
    }
    // an entry of an earlier version has no addresses
    Set<NodeAddress> addresses = new HashSet<>();
    JsonNode stored = json.path("addresses");
    if (!stored.isMissingNode() && !stored.isArray()) {
      throw new IllegalArgumentException("field addresses is not a list");
    }
    for (JsonNode address : stored) {
      addresses.add(new NodeAddress(required(address, "source"), required(address, "cidr")));
    }
    return new FenceTarget(
        required(json, "node"),
        required(json, "nodeUid"),
        required(json, "bootId"),
        required(json, "renewTime"),
        volumes,
        required(json, "namespace"),
        required(json, "pod"),
        required(json, "podUid"),
        addresses);
  }

  private static String required(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new IllegalArgumentException("field " + field + " is missing");
    }
    return value.textValue();
  }
}
