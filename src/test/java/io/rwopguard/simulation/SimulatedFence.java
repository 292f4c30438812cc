package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MINUTE;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceProvider;
import io.rwopguard.failover.fence.FenceStatus;
import io.rwopguard.failover.fence.FenceTarget;
import io.rwopguard.failover.fence.FencedVolume;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A fencing agent outside of the cluster: it switches nodes off, or takes volumes from them. */
final class SimulatedFence implements FenceProvider {

  static final String NAME = "simulated";

  /** Answers of a fence. */
  enum Behavior {
    CONFIRMS,
    REFUSES,
    /** Confirms after minutes only. */
    LATE,
    /** Refuses for two minutes and confirms then. */
    RECOVERS,
    /** Confirms and does nothing: the user's statement is false. */
    LIES
  }

  private static final class Operation {
    private final boolean fences;
    private FenceStatus status = FenceStatus.pending("it is at it");
    private long answered = Long.MAX_VALUE;

    Operation(boolean fences) {
      this.fences = fences;
    }
  }

  private final World world;
  private final Behavior behavior;
  private final boolean power;
  private final Map<String, Operation> operations = new HashMap<>();
  private long firstAsked = -1;

  SimulatedFence(World world, Behavior behavior, boolean power) {
    this.world = world;
    this.behavior = behavior;
    this.power = power;
  }

  boolean isLying() {
    return behavior == Behavior.LIES;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public FenceScope scope() {
    return power ? FenceScope.NODE : FenceScope.VOLUMES;
  }

  @Override
  public boolean endsWithReboot() {
    return power;
  }

  private Operation of(FenceTarget target) {
    return operations.get(target.key(scope()));
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    Operation operation = of(target);
    return operation == null ? FenceStatus.notAsked() : operation.status;
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    Operation operation = of(target);
    boolean again =
        operation != null
            && operation.status.state() == FenceStatus.State.FAILED
            && world.time.now() - operation.answered > 10 * SECOND;
    if (operation == null || !operation.fences || again) {
      Operation started = new Operation(true);
      operations.put(target.key(scope()), started);
      firstAsked = firstAsked < 0 ? world.time.now() : firstAsked;
      world.trace("the fence is asked to stop %s", target.node());
      long delay =
          behavior == Behavior.LATE
              ? world.time.between(MINUTE, 3 * MINUTE)
              : world.time.between(SECOND / 10, 8 * SECOND);
      world.time.after(delay, () -> answer(target, started));
      return started.status;
    }
    return operation.status;
  }

  private void answer(FenceTarget target, Operation operation) {
    if (of(target) != operation) {
      return;
    }
    boolean confirms =
        behavior != Behavior.REFUSES
            && (behavior != Behavior.RECOVERS || world.time.now() - firstAsked > 2 * MINUTE);
    operation.answered = world.time.now();
    operation.status =
        confirms
            ? FenceStatus.confirmed(
                target.volumes().stream().map(FencedVolume::id).collect(Collectors.toSet()))
            : FenceStatus.failed("it is broken");
    world.trace("the fence answers %s of %s", operation.status.state(), target.node());
    if (confirms && behavior != Behavior.LIES) {
      stop(target);
    }
  }

  private void stop(FenceTarget target) {
    if (power) {
      world.powerOff(world.machine(target.node()), true);
    } else {
      volumes(target).forEach(volume -> volume.fenced.add(target.node()));
    }
  }

  private java.util.stream.Stream<Volume> volumes(FenceTarget target) {
    return world.volumes.stream()
        .filter(
            volume ->
                target.volumes().stream().anyMatch(each -> each.handle().equals(volume.handle)));
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    Operation operation = of(target);
    if (operation == null || operation.fences) {
      Operation started = new Operation(false);
      operations.put(target.key(scope()), started);
      world.time.after(
          world.time.between(SECOND / 10, 4 * SECOND),
          () -> {
            if (of(target) == started) {
              world.trace("the fence lets %s return", target.node());
              started.status = FenceStatus.unfenced();
              volumes(target)
                  .forEach(
                      volume -> {
                        volume.fenced.remove(target.node());
                        world.checker.writers(volume);
                      });
            }
          });
      return started.status;
    }
    return operation.status;
  }
}
