package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import java.time.Instant;
import java.util.Set;

/**
 * Describes one fence that was asked for, as the ledger stores it.
 *
 * @param provider name of the provider
 * @param target exact target that the provider was given
 * @param text reason for the last failure; empty if there was none
 * @param askedAt time of the first request
 * @param changedAt time of the last change of the state
 * @param staleMappings whether a driver of the volumes may keep stale mappings, so that nothing is
 *     un-fenced before the node has another boot ID
 */
record LedgerEntry(
    String provider,
    FenceScope scope,
    FenceTarget target,
    State state,
    String text,
    Instant askedAt,
    Instant changedAt,
    boolean staleMappings) {

  private static final int LONGEST_TEXT = 300;

  /** States of a stored fence. */
  enum State {
    /** The fence is asked for and may be in effect. */
    ASKED,
    /** The fence has confirmed. */
    CONFIRMED,
    /** The un-fence is asked for, and the fence may still be in effect. */
    UNFENCING,
    /** The fence is no longer in effect. */
    UNFENCED
  }

  static LedgerEntry asked(String provider, FenceScope scope, FenceTarget target, Instant now) {
    return new LedgerEntry(provider, scope, target, State.ASKED, "", now, now, false);
  }

  boolean isFor(String otherProvider, String key) {
    return provider.equals(otherProvider) && target.key(scope).equals(key);
  }

  /** Whether the node may still be fenced by this. */
  boolean isOpen() {
    return state != State.UNFENCED;
  }

  /** Returns the same entry in another state, or itself if nothing has changed. */
  LedgerEntry with(State newState, String newText, Instant now) {
    String cut = newText.length() > LONGEST_TEXT ? newText.substring(0, LONGEST_TEXT) : newText;
    return newState == state && cut.equals(text)
        ? this
        : new LedgerEntry(
            provider,
            scope,
            target,
            newState,
            cut,
            askedAt,
            newState == state ? changedAt : now,
            staleMappings);
  }

  /** Returns the same entry with this need for a reboot. A need that was stored never ends. */
  LedgerEntry withStaleMappings(boolean stale) {
    return staleMappings || !stale
        ? this
        : new LedgerEntry(provider, scope, target, state, text, askedAt, changedAt, true);
  }

  /** Returns the same entry with these addresses of the node besides those that were stored. */
  LedgerEntry withAddresses(Set<NodeAddress> found) {
    return target.addresses().containsAll(found)
        ? this
        : new LedgerEntry(
            provider, scope, target.with(found), state, text, askedAt, changedAt, staleMappings);
  }

  /** Whether the node has to reboot before this is un-fenced. An unknown boot ID proves nothing. */
  boolean awaitsReboot(String bootId) {
    return staleMappings && isSameBoot(bootId);
  }

  /** Whether the node may still be in the boot that was fenced. */
  boolean isSameBoot(String bootId) {
    String then = target.bootId();
    return then.isEmpty() || bootId.isEmpty() || then.equals(bootId);
  }
}
