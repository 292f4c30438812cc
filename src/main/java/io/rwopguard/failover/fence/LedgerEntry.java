package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import java.time.Instant;
import java.util.Set;

/**
 * A fence that was asked for, as the ledger stores it.
 *
 * @param provider the name of the provider
 * @param target the exact target that the provider was given
 * @param text the reason for the last failure; empty if there was none
 * @param askedAt the time of the first request
 * @param changedAt the time of the last change of the state
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

  /** The states of a stored fence. */
  enum State {
    /** The fence was requested and may be in effect. */
    ASKED,
    /** The fence has confirmed. */
    CONFIRMED,
    /** The un-fence was requested, and the fence may still be in effect. */
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

  /** Returns whether this may still fence the node. */
  boolean isOpen() {
    return state != State.UNFENCED;
  }

  /** Returns the same entry in another state, or this entry if nothing has changed. */
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

  /**
   * Returns the same entry with this need for a reboot. A need that was stored is never removed.
   */
  LedgerEntry withStaleMappings(boolean stale) {
    return staleMappings || !stale
        ? this
        : new LedgerEntry(provider, scope, target, state, text, askedAt, changedAt, true);
  }

  /** Returns the same entry with these addresses of the node in addition to the stored ones. */
  LedgerEntry withAddresses(Set<NodeAddress> found) {
    return target.addresses().containsAll(found)
        ? this
        : new LedgerEntry(
            provider, scope, target.with(found), state, text, askedAt, changedAt, staleMappings);
  }

  /**
   * Returns whether the node has to reboot before this is un-fenced. An unknown boot ID proves
   * nothing.
   */
  boolean awaitsReboot(String bootId) {
    return staleMappings && isSameBoot(bootId);
  }

  /** Returns whether the node may still be in the boot that was fenced. */
  boolean isSameBoot(String bootId) {
    String then = target.bootId();
    return then.isEmpty() || bootId.isEmpty() || then.equals(bootId);
  }
}
