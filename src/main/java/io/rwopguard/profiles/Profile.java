package io.rwopguard.profiles;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The right settings for an engine that people run with single-writer volumes. Each statement has
 * its source.
 *
 * @param title the name that people use
 * @param id the name in annotations and metrics
 * @param images the images that identify it: the last one or two path components of the repository
 * @param names the names that identify it: values of {@code app.kubernetes.io/name} or {@code app}
 * @param ports the ports for a TCP check, its clients' main port first
 * @param neverPorts ports that are never checked: they prove nothing about the engine, or a
 *     connection to them has effects
 * @param tcp whether a TCP connection that sends nothing does no harm
 * @param remedy the value of {@code rwop-guard.io/liveness} to write if it does; empty if none
 * @param slowCheck the minimum of seconds that the engine's usual check needs for its answer
 * @param patience the minimum of seconds for which checks have to fail before a restart is right
 * @param grace whether it keeps its grace period
 */
public record Profile(
    String title,
    String id,
    Set<String> images,
    Set<String> names,
    List<Integer> ports,
    Set<Integer> neverPorts,
    Statement<Boolean> tcp,
    String remedy,
    Optional<Statement<Integer>> slowCheck,
    Optional<Statement<Integer>> patience,
    Statement<Boolean> grace) {

  /**
   * A statement about an engine.
   *
   * @param why the reason in a sentence, without a full stop; may be empty
   */
  public record Statement<T>(T value, String why, String source) {}

  public Profile {
    images = Set.copyOf(images);
    names = Set.copyOf(names);
    ports = List.copyOf(ports);
    neverPorts = Set.copyOf(neverPorts);
  }

  /** Returns whether a crash costs more than a restart, so that the Pod keeps its grace period. */
  public boolean keepsGrace() {
    return grace.value();
  }
}
