package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.FailoverTaints.FAILED_OVER;
import static io.rwopguard.failover.plan.FailoverTaints.OUT_OF_SERVICE;
import static io.rwopguard.failover.plan.FailoverTaints.untilRebootOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Taint;
import org.junit.jupiter.api.Test;

/** Tests which taints keep a node from getting Pods, and when they may be removed. */
class FailoverTaintsTest {

  private static final String BOOT = "0d5c7f4e-7c1b-4a2f-9f57-3f0f5a1b2c3d";
  private static final String NEXT_BOOT = "5e8a1c9b-2d3e-4f60-8a7b-1c2d3e4f5a6b";

  /** A taint of another program with the same value. */
  private static final Taint FOREIGN =
      new Taint("example.org/failed-over", "reboot-" + BOOT, "NoSchedule");

  @Test
  void a_taint_until_a_reboot_names_the_boot_and_keeps_new_pods_away() {
    assertThat(untilRebootOf(BOOT))
        .isEqualTo(new Taint("rwop-guard.io/failed-over", "reboot-" + BOOT, "NoSchedule"));
    assertThat(untilRebootOf("").value()).isEqualTo("reboot-unknown");
  }

  /** The API server refuses a longer value of a taint. */
  @Test
  void the_value_of_a_taint_has_63_characters_at_most_and_still_identifies_the_boot() {
    String most = "b".repeat(56);
    assertThat(untilRebootOf(most).value()).isEqualTo("reboot-" + most);
    assertThat(untilRebootOf(most + "b").value()).isEqualTo("reboot-" + most);
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(most + "b"), most + "b")).isTrue();
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(most + "b"), "c" + most)).isFalse();
  }

  @Test
  void a_node_waits_for_a_reboot_until_it_has_another_boot_id() {
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(BOOT), BOOT)).isTrue();
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(BOOT), NEXT_BOOT)).isFalse();
  }

  @Test
  void a_reboot_is_not_assumed_where_one_of_the_boot_ids_is_unknown() {
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(BOOT), "")).isTrue();
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(""), NEXT_BOOT)).isTrue();
    assertThat(FailoverTaints.waitsForReboot(untilRebootOf(""), "")).isTrue();
  }

  @Test
  void other_taints_wait_for_no_reboot() {
    assertThat(FailoverTaints.waitsForReboot(FAILED_OVER, BOOT)).isFalse();
    assertThat(FailoverTaints.waitsForReboot(FAILED_OVER, "")).isFalse();
    assertThat(FailoverTaints.waitsForReboot(FOREIGN, BOOT)).isFalse();
    assertThat(FailoverTaints.isUntilReboot(untilRebootOf(BOOT))).isTrue();
    assertThat(FailoverTaints.isUntilReboot(untilRebootOf(""))).isTrue();
    assertThat(FailoverTaints.isUntilReboot(FAILED_OVER)).isFalse();
    assertThat(FailoverTaints.isUntilReboot(FOREIGN)).isFalse();
  }

  @Test
  void a_taint_until_a_reboot_replaces_the_usual_one_and_not_the_other_way_around() {
    assertThat(FailoverTaints.isAsStrongAs(untilRebootOf(BOOT), FAILED_OVER)).isTrue();
    assertThat(FailoverTaints.isAsStrongAs(FAILED_OVER, FAILED_OVER)).isTrue();
    assertThat(FailoverTaints.isAsStrongAs(FAILED_OVER, untilRebootOf(BOOT))).isFalse();
  }

  @Test
  void a_taint_until_the_reboot_of_an_earlier_boot_is_too_weak() {
    assertThat(FailoverTaints.isAsStrongAs(untilRebootOf(BOOT), untilRebootOf(BOOT))).isTrue();
    assertThat(FailoverTaints.isAsStrongAs(untilRebootOf(BOOT), untilRebootOf(NEXT_BOOT)))
        .isFalse();
  }

  @Test
  void a_taint_of_another_program_replaces_none_of_ours() {
    assertThat(FailoverTaints.isAsStrongAs(FOREIGN, untilRebootOf(BOOT))).isFalse();
    assertThat(FailoverTaints.isAsStrongAs(FOREIGN, FAILED_OVER)).isFalse();
  }

  @Test
  void our_taints_are_those_of_a_failover_and_the_out_of_service_taint_with_our_value() {
    Taint ofAPerson =
        new Taint(FailoverTaints.OUT_OF_SERVICE_KEY, "nodeshutdown", OUT_OF_SERVICE.effect());
    assertThat(FailoverTaints.isOwn(FAILED_OVER)).isTrue();
    assertThat(FailoverTaints.isOwn(untilRebootOf(BOOT))).isTrue();
    assertThat(FailoverTaints.isOwn(OUT_OF_SERVICE)).isTrue();
    assertThat(FailoverTaints.isOwn(ofAPerson)).isFalse();
    assertThat(FailoverTaints.isOwn(FOREIGN)).isFalse();
  }
}
