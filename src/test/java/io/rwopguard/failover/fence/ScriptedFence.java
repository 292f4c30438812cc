package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A fence whose answers a test sets, and that stores what it was asked. */
final class ScriptedFence implements FenceProvider {

  private final String name;
  private final FenceScope scope;
  final List<FenceTarget> fenced = new ArrayList<>();
  final List<FenceTarget> unfenced = new ArrayList<>();

  /** Answers to both operations; without one the fence confirms. */
  FenceStatus answer;

  /** Why the fence cannot be asked for. */
  Optional<String> obstacle = Optional.empty();

  boolean reboots;
  boolean observable;
  Runnable whenAsked = () -> {};

  ScriptedFence(String name, FenceScope scope) {
    this.name = name;
    this.scope = scope;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public FenceScope scope() {
    return scope;
  }

  @Override
  public Optional<String> obstacle(FenceTarget target) {
    return obstacle;
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    whenAsked.run();
    fenced.add(target);
    return answer != null
        ? answer
        : FenceStatus.confirmed(
            target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet()));
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    unfenced.add(target);
    return answer != null ? answer : FenceStatus.unfenced();
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    return answer != null
        ? answer
        : FenceStatus.confirmed(
            target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet()));
  }

  @Override
  public boolean endsWithReboot() {
    return reboots;
  }

  @Override
  public boolean isObservable() {
    return observable;
  }
}
