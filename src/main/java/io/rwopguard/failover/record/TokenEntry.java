package io.rwopguard.failover.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ClaimKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The fencing token of one storage and the Pod that it was given to.
 *
 * @param holder the Pod's name and UID, as {@code POD/UID}
 * @param claim the claim by which the Pod uses the storage
 * @param volume the PersistentVolume's name
 * @param at when the Pod got the token
 * @param goneSince when the PersistentVolume was first found missing; empty while it exists
 */
record TokenEntry(
    int token,
    String holder,
    ClaimKey claim,
    String volume,
    Instant at,
    Optional<Instant> goneSince) {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  /** The limit of the clock's share of a token, in 2089. A clock that is far off leaves room. */
  private static final long LATEST = 2_000_000_000L;

  TokenEntry(int token, String holder, ClaimKey claim, String volume, Instant at) {
    this(token, holder, claim, volume, at, Optional.empty());
  }

  /**
   * Returns the token of a new holder. It grows with the clock as well as by one. So it is also
   * greater than the tokens that a lost or restored ledger does not know.
   *
   * @param least the smallest permitted token
   * @return empty if the tokens of this storage are used up
   */
  static OptionalInt next(long least, Instant now) {
    long seconds = Math.min(Duration.between(EPOCH, now).toSeconds(), LATEST);
    long token = Math.max(Math.max(seconds, least), 1);
    return token > Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of((int) token);
  }

  /** Returns the same entry, with its volume missing since this time. */
  TokenEntry gone(Optional<Instant> since) {
    return new TokenEntry(token, holder, claim, volume, at, since);
  }

  boolean hasSameHolder(TokenEntry other) {
    return token == other.token && holder.equals(other.holder);
  }

  /** Reads an entry. Returns empty if the text is none. */
  static Optional<TokenEntry> parse(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      String[] claim = json.path("claim").asText().split("/", -1);
      if (claim.length != 2 || !json.path("token").isInt() || !json.path("holder").isTextual()) {
        return Optional.empty();
      }
      JsonNode gone = json.path("goneSince");
      return Optional.of(
          new TokenEntry(
              json.path("token").asInt(),
              json.path("holder").asText(),
              new ClaimKey(claim[0], claim[1]),
              json.path("volume").asText(),
              Instant.parse(json.path("at").asText()),
              gone.isTextual() ? Optional.of(Instant.parse(gone.asText())) : Optional.empty()));
    } catch (JsonProcessingException | DateTimeException e) {
      return Optional.empty();
    }
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("token", token).put("holder", holder);
    json.put("claim", claim.namespace() + "/" + claim.name()).put("volume", volume);
    json.put("at", at.toString());
    goneSince.ifPresent(since -> json.put("goneSince", since.toString()));
    return json.toString();
  }
}
