package io.rwopguard.config;

import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import java.util.Locale;
import java.util.Optional;

/**
 * Compares what users state about drivers with the known behavior of these drivers, and advises
 * what to set.
 */
public final class KnownBehavior {

  private static final String PREFIX = "rwop-guard.failover.drivers.\"%s\".";
  private static final String DOCUMENT = "docs/reference/drivers.md";
  private static final String TWO_WRITERS = "Two nodes could write to one volume.";

  private KnownBehavior() {}

  /**
   * Returns whether a driver is known not to revoke an unreachable node's access when a volume is
   * unpublished.
   *
   * @param release the way in which the volume is detached
   */
  public static boolean contradicts(DriverKnowledge known, VolumeRelease release) {
    return known.revocation().onUnpublish(release == VolumeRelease.OUT_OF_SERVICE) == Answer.NO;
  }

  /**
   * Returns the problem with {@code revokes-on-unpublish=true} for a driver; empty if it does not
   * contradict the known behavior of the driver.
   *
   * @param name the driver's name as the user writes it
   * @param release the way in which its volumes are detached
   */
  static Optional<String> problem(String name, VolumeRelease release) {
    return Drivers.of(name)
        .filter(known -> contradicts(known, release))
        .map(
            known ->
                "%srevokes-on-unpublish: contradicts the known behavior of %s with release %s: %s (%s). %s %s If your version of the driver differs, set %sagainst-known-behavior=true."
                    .formatted(
                        prefix(name),
                        known.title(),
                        id(release),
                        known.revocation().meaning(),
                        known.revoking().source(),
                        consequence(known),
                        instead(name, known),
                        prefix(name)));
  }

  /**
   * Returns the problem with a driver in {@code tolerations.revoking-drivers}; empty if it does not
   * contradict the known behavior of the driver. A Pod that these tolerations evict leaves its
   * volume to Kubernetes, which unpublishes it without a taint.
   */
  static Optional<String> problemWithTolerations(String name) {
    return Drivers.of(name)
        .filter(known -> contradicts(known, VolumeRelease.POD_ONLY))
        .map(
            known ->
                "rwop-guard.tolerations.revoking-drivers: %s contradicts the known behavior of %s: %s (%s). %s Remove the driver. If your version of the driver differs, set %sagainst-known-behavior=true."
                    .formatted(
                        name,
                        known.title(),
                        known.revocation().meaning(),
                        known.revoking().source(),
                        consequence(known),
                        prefix(name)));
  }

  /**
   * Returns the log message for a statement that overrides the known behavior of a driver; empty if
   * nothing is overridden.
   */
  public static Optional<String> overridden(String name, VolumeRelease release) {
    return Drivers.of(name)
        .filter(known -> contradicts(known, release))
        .map(
            known ->
                "%sagainst-known-behavior=true overrides the known behavior of %s: %s (%s). %s"
                    .formatted(
                        prefix(name),
                        known.title(),
                        known.revocation().meaning(),
                        known.revoking().source(),
                        consequence(known)));
  }

  /**
   * Returns the condition that a true statement about a driver still depends on; empty if there is
   * none.
   */
  public static Optional<String> condition(String name) {
    return Drivers.of(name)
        .map(DriverKnowledge::revoking)
        .filter(known -> !known.condition().isEmpty() || !known.since().isEmpty())
        .map(
            known ->
                "%srevokes-on-unpublish=true is valid %s (%s)."
                    .formatted(prefix(name), limits(known.since(), known.condition()), DOCUMENT));
  }

  /**
   * Returns one sentence about what to set so that a driver's volumes are failed over; empty if its
   * behavior is unknown.
   */
  public static Optional<String> advice(String name) {
    return Drivers.of(name)
        .filter(known -> known.revocation() != Revocation.UNKNOWN)
        .map(
            known ->
                "%s is known: %s. %s See %s."
                    .formatted(
                        known.title(), known.revocation().meaning(), toSet(name, known), DOCUMENT));
  }

  /**
   * Returns what to do about a driver that does not attach volumes in this cluster, as a clause
   * that begins with a verb.
   */
  public static String adviceWithoutAttaching(String name) {
    Optional<DriverKnowledge> known = Drivers.of(name);
    if (known.filter(driver -> driver.revocation() == Revocation.NEVER).isPresent()) {
      return "use a volume that other nodes can mount: with %s, %s (see %s)"
          .formatted(known.get().title(), Revocation.NEVER.meaning(), DOCUMENT);
    }
    String fence =
        "set %sstopped-by-fence=true, with a fence that stops the node%s, or move the Pod yourself"
            .formatted(
                prefix(name),
                known.filter(DriverKnowledge::networkFence).isPresent()
                    ? " or blocks it at the storage by a NetworkFence"
                    : "");
    return known.filter(driver -> driver.attachRequired() == Answer.YES).isPresent()
        ? "restore attachRequired: true, which %s has as shipped, or %s"
            .formatted(known.get().title(), fence)
        : fence;
  }

  private static String toSet(String name, DriverKnowledge known) {
    String revokes = prefix(name) + "revokes-on-unpublish=true";
    String only = limits(known.revoking().since(), known.revoking().condition());
    String where = only.isEmpty() ? "" : ", which is valid " + only;
    return switch (known.revocation()) {
      case ON_UNPUBLISH -> "Set %s%s.".formatted(revokes, where);
      case OUT_OF_SERVICE_TAINT_ONLY ->
          "Set %s and %srelease=out-of-service%s.".formatted(revokes, prefix(name), where);
      case NETWORK_FENCE_ONLY, NODE_FENCE_ONLY -> fence(name, known);
      case NEVER, UNKNOWN -> "Use a volume that other nodes can mount.";
    };
  }

  private static String instead(String name, DriverKnowledge known) {
    return switch (known.revocation()) {
      case OUT_OF_SERVICE_TAINT_ONLY -> "Set %srelease=out-of-service.".formatted(prefix(name));
      case NEVER -> "Remove the statement.";
      default -> "Remove the statement. " + fence(name, known);
    };
  }

  private static String fence(String name, DriverKnowledge known) {
    return "Set %sstopped-by-fence=true, with a fence that %s."
        .formatted(
            prefix(name),
            known.revocation() == Revocation.NETWORK_FENCE_ONLY
                ? "blocks the node's network at the storage"
                : "stops the node");
  }

  private static String consequence(DriverKnowledge known) {
    String own = known.revoking().consequence();
    return own.isEmpty() ? TWO_WRITERS : own;
  }

  private static String limits(String since, String condition) {
    String from = since.isEmpty() ? "" : "since version " + since.replaceFirst("^v", "");
    String only = condition.isEmpty() ? "" : "if " + condition;
    return from.isEmpty() || only.isEmpty() ? from + only : from + ", " + only;
  }

  private static String prefix(String name) {
    return PREFIX.formatted(name);
  }

  private static String id(VolumeRelease release) {
    return release.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
