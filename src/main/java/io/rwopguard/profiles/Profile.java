package io.rwopguard.profiles;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Holds what is right for an engine that people run with single-writer volumes. Each statement has
 * its source.
 *
 * @param title the name that people use
 * @param id the name in annotations and metrics
 * @param images by which it is recognized: the last one or two path components of the repository
 * @param names by which it is recognized: values of {@code app.kubernetes.io/name} or {@code app}
 * @param ports by which it can be checked over TCP, its clients' main port first
 * @param neverPorts that are never checked: they say nothing about the engine, or a connection to
 *     them has effects
 * @param tcp whether a TCP connection that sends nothing does no harm
 * @param remedy the value of {@code rwop-guard.io/liveness} to write where one does; empty if none
 * @param slowCheck the least seconds that the engine's usual check needs for its answer
 * @param patience the least seconds for which checks have to fail before a restart is right
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
   * Holds a statement.
   *
   * @param why in a sentence, without a full stop; may be empty
   */
  public record Statement<T>(T value, String why, String source) {}

  public Profile {
    images = Set.copyOf(images);
    names = Set.copyOf(names);
    ports = List.copyOf(ports);
    neverPorts = Set.copyOf(neverPorts);
  }

  /** Whether a crash costs more than a restart, so that the Pod keeps its grace period. */
  public boolean keepsGrace() {
    return grace.value();
  }
}
