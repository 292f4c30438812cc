package io.rwopguard.failover.record;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a ConfigMap of fencing tokens. Writing its own entries back changes no entry, and no value
 * that cannot be read. Every key but those of the format is an entry or reported as unreadable.
 */
public final class TokenFuzz {

  private static final Set<String> OF_FORMAT = Set.of("schema", "floor");

  private TokenFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ObjectNode map = Inputs.object(input).orElse(null);
    // the API server checks the types of a ConfigMap
    if (map == null || !isMap(map.path("data")) || !isMap(map.at("/metadata/labels"))) {
      return;
    }
    TokenShard shard = TokenShard.read("tokens", Optional.of(map));
    for (String key : shard.unreadable()) {
      check(!shard.entries().containsKey(key), "an entry that cannot be read", key);
    }
    if (!shard.schemaIsKnown()) {
      check(shard.entries().isEmpty(), "entries of another version", shard);
      return;
    }
    map.path("data")
        .fieldNames()
        .forEachRemaining(
            key ->
                check(
                    OF_FORMAT.contains(key)
                        || shard.entries().containsKey(key)
                        || shard.unreadable().contains(key),
                    "a key is lost",
                    key));
    ObjectNode written = shard.changed("ns", shard.entries(), Set.of(), shard.floor());
    TokenShard again = TokenShard.read("tokens", Optional.of(written));
    same(shard.entries(), again.entries(), "writing changes an entry");
    same(shard.unreadable(), again.unreadable(), "writing changes an unreadable value");
    same(shard.floor(), again.floor(), "writing changes the smallest token");
    check(again.schemaIsKnown(), "writing changes the format", written);
  }

  private static boolean isMap(JsonNode node) {
    if (node.isMissingNode()) {
      return true;
    }
    for (JsonNode each : node) {
      if (!each.isTextual()) {
        return false;
      }
    }
    return node.isObject();
  }
}
