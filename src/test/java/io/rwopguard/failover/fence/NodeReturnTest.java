package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A node runs Pods again only after every fence is removed. */
class NodeReturnTest {

  private static final String DRIVER = "array.example.com";
  private static final FencedVolume A = new FencedVolume(DRIVER, "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume(DRIVER, "b", "pv-b", "");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final StoredConfigMaps store = new StoredConfigMaps();
  private final ScriptedFence fence = new ScriptedFence("export", FenceScope.VOLUMES);
  private final FenceRegistry registry = registry(fence);
  private boolean stale;

  private FenceRegistry registry(FenceProvider... fences) {
    return new FenceRegistry(
        List.of(fences),
        new FenceRoutes(Map.of("export", Set.of(DRIVER))),
        driver -> stale,
        new FenceLedger(store, "guard"),
        () -> NOW);
  }

  private static FenceTarget target(FencedVolume volume) {
    return new FenceTarget(
        "node-1", "uid-1", "boot-1", "t1", List.of(volume), "shop", "db-0", "uid-db-0");
  }

  private ReturnStatus returns(String bootId) {
    ReturnStatus status = registry.mayReturn("node-1", bootId, "renewed since");
    // the first call stores that an un-fence is in progress
    return status.text().contains("was stored")
        ? registry.mayReturn("node-1", bootId, "renewed since")
        : status;
  }

  @Test
  void a_node_that_was_never_fenced_returns_at_once() {
    assertThat(registry.mayReturn("node-1", "boot-1", "renewed since").isAllowed()).isTrue();
  }

  @Test
  void everything_that_was_asked_is_unfenced_before_the_node_returns() {
    registry.ensure(target(A));
    fence.answer = FenceStatus.failed("unreachable");
    registry.ensure(target(B));
    fence.answer = FenceStatus.pending("");
    assertThat(returns("boot-1").state()).isEqualTo(ReturnStatus.State.PENDING);
    fence.answer = FenceStatus.failed("no route");
    ReturnStatus failed = registry.mayReturn("node-1", "boot-1", "renewed since");
    assertThat(failed.state()).isEqualTo(ReturnStatus.State.FAILED);
    assertThat(failed.text()).contains("export", "no route");
    fence.answer = null;
    assertThat(registry.mayReturn("node-1", "boot-1", "renewed since").isAllowed()).isTrue();
    assertThat(fence.unfenced).extracting(FenceTarget::volumes).contains(List.of(A), List.of(B));
    assertThat(store.stored).isEmpty();
    assertThat(registry.fencedNodes()).isEmpty();
  }

  @Test
  void a_confirmation_ends_before_the_unfence_is_asked_for() {
    registry.ensure(target(A));
    registry.mayReturn("node-1", "boot-1", "renewed since");
    assertThat(fence.unfenced).isEmpty();
    assertThat(registry.status(target(A)).state()).isEqualTo(State.PENDING);
    registry.ensure(target(A));
    assertThat(fence.fenced).as("fenced again, although it had confirmed").hasSize(2);
  }

  @Test
  void stale_mappings_end_with_a_reboot_and_not_before() {
    stale = true;
    registry.ensure(target(A));
    stale = false;
    assertThat(returns("boot-1").text()).contains("Reboot");
    assertThat(returns("").isAllowed()).isFalse();
    assertThat(fence.unfenced).isEmpty();
    assertThat(returns("boot-2").isAllowed()).isTrue();
  }

  @Test
  void a_new_leader_knows_of_stale_mappings_what_the_first_has_stored() {
    stale = true;
    registry.ensure(target(A));
    stale = false;
    FenceRegistry next = registry(fence);
    next.refresh();
    assertThat(next.awaitsReboot("node-1", "boot-1")).isTrue();
    assertThat(next.awaitsReboot("node-1", "")).isTrue();
    assertThat(next.awaitsReboot("node-1", "boot-2")).isFalse();
    assertThat(next.mayReturn("node-1", "boot-1", "renewed since").text()).contains("Reboot");
    assertThat(fence.unfenced).isEmpty();
  }

  @Test
  void one_pod_with_stale_mappings_counts_for_a_fence_that_others_share() {
    ScriptedFence power = new ScriptedFence("export", FenceScope.NODE);
    FenceRegistry shared = registry(power);
    shared.ensure(target(A));
    stale = true;
    shared.ensure(target(B));
    stale = false;
    shared.ensure(target(A));
    assertThat(power.fenced).hasSize(1);
    assertThat(shared.mayReturn("node-1", "boot-1", "renewed since").text()).contains("Reboot");
  }

  @Test
  void asks_a_person_where_the_boot_was_unknown() {
    stale = true;
    registry.ensure(
        new FenceTarget("node-1", "uid-1", "", "t1", List.of(A), "shop", "db-0", "uid-db-0"));
    assertThat(returns("boot-2").text())
        .contains("was unknown", "export", "delete ConfigMap " + FenceLedger.nameOf("node-1"));
    assertThat(registry.awaitsReboot("node-1", "boot-2")).isFalse();
    assertThat(fence.unfenced).isEmpty();
  }

  @Test
  void a_fence_that_confirmed_a_reboot_waits_for_the_new_boot() {
    fence.reboots = true;
    registry.ensure(target(A));
    assertThat(returns("boot-1").text()).contains("same boot ID");
    assertThat(fence.unfenced).isEmpty();
    assertThat(returns("boot-2").isAllowed()).isTrue();
    assertThat(fence.unfenced).hasSize(1);
  }

  @Test
  void a_fence_that_never_confirmed_a_reboot_waits_for_none() {
    fence.reboots = true;
    fence.answer = FenceStatus.failed("no route");
    registry.ensure(target(A));
    fence.answer = null;
    assertThat(returns("boot-1").isAllowed()).isTrue();
  }

  @Test
  void a_fence_that_is_gone_from_the_settings_is_named() {
    registry.ensure(target(A));
    FenceRegistry without = registry();
    without.mayReturn("node-1", "boot-2", "renewed since");
    assertThat(without.mayReturn("node-1", "boot-2", "renewed since").text())
        .contains("rwop-guard.failover.fences.export");
    assertThat(store.stored).hasSize(1);
  }

  @Test
  void a_record_that_another_writer_changed_is_read_again() {
    registry.ensure(target(A));
    registry.mayReturn("node-1", "boot-2", "renewed since");
    store.beforeWrite = () -> store.touch(FenceLedger.nameOf("node-1"));
    assertThat(registry.mayReturn("node-1", "boot-2", "renewed since").isAllowed()).isFalse();
    assertThat(registry.mayReturn("node-1", "boot-2", "renewed since").isAllowed()).isTrue();
  }

  @Test
  void a_failure_of_the_api_server_is_a_status() {
    registry.ensure(target(A));
    store.isDown = true;
    assertThat(registry.mayReturn("node-1", "boot-2", "renewed since").state())
        .isEqualTo(ReturnStatus.State.FAILED);
  }
}
