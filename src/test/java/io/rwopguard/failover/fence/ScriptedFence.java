package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A fence whose answers a test sets, and that stores what it was asked. */
final class ScriptedFence implements FenceProvider {

  private final String name;
  private final FenceScope scope;
  final List<FenceTarget> fenced = new ArrayList<>();
  final List<FenceTarget> unfenced = new ArrayList<>();

  /** Answers to both operations; without one the fence confirms. */
  FenceStatus answer;

  /** Answer to whether the fence can be asked for. */
  FenceStatus prepared = FenceStatus.notAsked();

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
  public FenceStatus prepare(FenceTarget target) {
    return prepared;
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
