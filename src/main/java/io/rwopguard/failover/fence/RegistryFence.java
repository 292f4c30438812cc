package io.rwopguard.failover.fence;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Connects failover with the configured fence providers. */
public record RegistryFence(FenceRegistry registry) implements Fence, AutoCloseable {

  @Override
  public Answer ask(FailoverRecord record, List<FailoverTarget> targets) {
    FenceStatus status = registry.ensure(target(record, targets));
    return new Answer(status.isConfirmed(), status.text());
  }

  @Override
  public boolean isConfirmed(FailoverRecord record, List<FailoverTarget> targets) {
    return targets.stream().anyMatch(FailoverTarget::fence)
        && registry.status(target(record, targets)).isConfirmed();
  }

  private static FenceTarget target(FailoverRecord record, List<FailoverTarget> targets) {
    return new FenceTarget(
        record.node(),
        record.nodeUid(),
        record.bootId(),
        record.renewTime(),
        targets.stream()
            .filter(FailoverTarget::fence)
            .map(
                target ->
                    new FencedVolume(
                        target.driver(), target.handle(), target.volume(), target.inUse()))
            .toList(),
        record.namespace(),
        record.pod(),
        record.podUid());
  }

  @Override
  public Optional<String> whyNotReturned(String node, String bootId, String renewTime) {
    ReturnStatus status = registry.mayReturn(node, bootId, renewTime);
    return status.isAllowed() ? Optional.empty() : Optional.of(status.text());
  }

  @Override
  public List<String> refresh() {
    return registry.refresh();
  }

  @Override
  public List<String> ofMissingNodes(Predicate<String> exists) {
    return registry.ofMissingNodes(exists);
  }

  @Override
  public Set<String> fencedNodes() {
    return registry.fencedNodes();
  }

  @Override
  public boolean awaitsReboot(String node, String bootId) {
    return registry.awaitsReboot(node, bootId);
  }

  @Override
  public Set<Taint> ownTaints(String node) {
    return registry.ownTaints(node);
  }

  @Override
  public boolean isNodeConfirmed(FailoverRecord record) {
    return registry.isNodeConfirmed(record.node(), record.bootId(), record.renewTime());
  }

  @Override
  public void close() {
    registry.close();
  }
}
