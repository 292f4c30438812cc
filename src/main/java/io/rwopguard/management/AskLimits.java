package io.rwopguard.management;

import io.netty.util.NetUtil;
import io.rwopguard.kube.RecentMap;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Limits the questions to the API server that callers cause. What was allowed before has a separate
 * limit, of which one token may take a part only. Of the limit for the rest, one address may take a
 * part only, and another part is kept for addresses that had an allowed token lately: a token that
 * was renewed competes with no flood from elsewhere. Its caller synchronizes.
 */
final class AskLimits {

  private static final int KNOWN_AT_ONCE = 4;
  private static final int KNOWN_EACH_SECOND = 10;
  private static final int UNKNOWN_AT_ONCE = 3;
  private static final int UNKNOWN_EACH_SECOND = 7;
  private static final int RESERVED_AT_ONCE = 2;
  private static final int RESERVED_EACH_SECOND = 3;
  private static final int SHARE_AT_ONCE = 2;
  private static final int SHARE_EACH_SECOND = 3;
  private static final int MOST_SHARES = 1_024;
  private static final int MOST_FAMILIAR = 256;
  private static final int IPV6_BYTES = 16;

  /** The number of questions that may be open at a time. */
  static final int OPEN = KNOWN_AT_ONCE + UNKNOWN_AT_ONCE + RESERVED_AT_ONCE;

  /** The time for which a caller counts as known after the API server last allowed something. */
  static final long KNOWN_NANOS = Duration.ofHours(1).toNanos();

  private final AskLimit known;
  private final AskLimit unknown;
  private final AskLimit reserved;
  private final RecentMap<String, AskLimit> tokens = new RecentMap<>(MOST_SHARES);
  private final RecentMap<String, AskLimit> addresses = new RecentMap<>(MOST_SHARES);
  private final RecentMap<String, Long> familiar = new RecentMap<>(MOST_FAMILIAR);

  AskLimits(long now) {
    known = new AskLimit(KNOWN_AT_ONCE, KNOWN_EACH_SECOND, now);
    unknown = new AskLimit(UNKNOWN_AT_ONCE, UNKNOWN_EACH_SECOND, now);
    reserved = new AskLimit(RESERVED_AT_ONCE, RESERVED_EACH_SECOND, now);
  }

  /** Remembers that a token from this address was allowed. */
  void allowed(String address, long now) {
    familiar.set(network(address), now);
  }

  /** Returns what to run once a question about a known token has ended; empty if none may be. */
  Optional<Runnable> admitKnown(String tokenHash, long now) {
    return admit(tokens, tokenHash, now, List.of(known));
  }

  /** Returns what to run once a question about another token has ended; empty if none may be. */
  Optional<Runnable> admitUnknown(String address, long now) {
    String network = network(address);
    Long allowed = familiar.get(network);
    boolean isFamiliar = allowed != null && now - allowed < KNOWN_NANOS;
    return admit(
        addresses, network, now, isFamiliar ? List.of(reserved, unknown) : List.of(unknown));
  }

  /** Takes from a share and from the first limit with room, or from none of them. */
  private static Optional<Runnable> admit(
      RecentMap<String, AskLimit> shares, String key, long now, List<AskLimit> limits) {
    AskLimit before = shares.get(key);
    AskLimit share = before == null ? new AskLimit(SHARE_AT_ONCE, SHARE_EACH_SECOND, now) : before;
    if (!share.hasRoom(now)) {
      return Optional.empty();
    }
    return limits.stream()
        .filter(each -> each.hasRoom(now))
        .findFirst()
        .map(
            limit -> {
              limit.take();
              share.take();
              shares.set(key, share);
              return () -> {
                limit.ended();
                share.ended();
              };
            });
  }

  /** Returns the address, or its /64 network: an IPv6 host may use all addresses of it. */
  private static String network(String address) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    return bytes == null || bytes.length < IPV6_BYTES
        ? address
        : HexFormat.of().formatHex(bytes, 0, IPV6_BYTES / 2);
  }
}
