package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every fence that a volume needs has confirmed, or nothing has. */
class FenceRegistryTest {

  private static final String ARRAY = "array.example.com";
  private static final String NFS = "nfs.example.com";
  private static final FencedVolume A = new FencedVolume(ARRAY, "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume(NFS, "b", "pv-b", "");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String RECORD = FenceLedger.nameOf("node-1");

  private final StoredConfigMaps store = new StoredConfigMaps();
  private final ScriptedFence export = new ScriptedFence("export", FenceScope.VOLUMES);
  private boolean stale;
  private final ScriptedFence power = new ScriptedFence("power", FenceScope.NODE);

  private FenceRegistry registry(Map<String, Set<String>> routes, FenceProvider... fences) {
    return new FenceRegistry(
        List.of(fences),
        new FenceRoutes(routes),
        driver -> stale,
        new FenceLedger(store, "guard"),
        () -> NOW);
  }

  private FenceRegistry exports() {
    return registry(Map.of("export", Set.of(ARRAY, NFS)), export);
  }

  private FenceRegistry powers() {
    return registry(Map.of("power", Set.of(ARRAY, NFS)), power);
  }

  private static FenceTarget target(String bootId, String renewTime, FencedVolume... volumes) {
    return new FenceTarget(
        "node-1", "uid-1", bootId, renewTime, List.of(volumes), "shop", "db-0", "uid-db-0");
  }

  private static FenceTarget target(FencedVolume... volumes) {
    return target("boot-1", "t1", volumes);
  }

  @Test
  void two_pods_with_two_drivers_on_one_node_are_both_asked_for() {
    FenceRegistry registry = exports();
    assertThat(registry.ensure(target(A)).confirmedVolumes()).containsExactly(A.id());
    assertThat(registry.status(target(B)).state()).isEqualTo(State.NOT_ASKED);
    assertThat(registry.ensure(target(B)).isConfirmed()).isTrue();
    assertThat(export.fenced)
        .extracting(FenceTarget::volumes)
        .containsExactly(List.of(A), List.of(B));
  }

  @Test
  void a_volume_that_the_fence_does_not_name_is_not_confirmed() {
    export.answer = FenceStatus.confirmed(Set.of(A.id()));
    FenceStatus status = exports().ensure(target(A, B));
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text()).contains(B.id()).doesNotContain(A.id() + ",");
  }

  @Test
  void each_driver_has_its_own_fence_and_all_have_to_confirm() {
    power.answer = FenceStatus.pending("switching off");
    FenceRegistry registry =
        registry(Map.of("export", Set.of(ARRAY), "power", Set.of(NFS)), export, power);
    assertThat(registry.ensure(target(A, B)).state()).isEqualTo(State.PENDING);
    assertThat(export.fenced.get(0).volumes()).containsExactly(A);
    assertThat(power.fenced.get(0).volumes()).isEmpty();
    power.answer = FenceStatus.failed("no power unit");
    assertThat(registry.ensure(target(A, B)).text()).contains("power", "no power unit");
    power.answer = null;
    assertThat(registry.ensure(target(A, B)).isConfirmed()).isTrue();
    assertThat(registry.ensure(target(A, B)).isConfirmed()).isTrue();
    assertThat(export.fenced).as("a stored confirmation is not asked for again").hasSize(1);
  }

  @Test
  void a_driver_that_two_fences_serve_needs_both() {
    power.answer = FenceStatus.failed("no power unit");
    FenceRegistry registry =
        registry(Map.of("export", Set.of(ARRAY), "power", Set.of(ARRAY)), export, power);
    assertThat(registry.ensure(target(A)).state()).isEqualTo(State.FAILED);
  }

  @Test
  void a_driver_that_no_fence_serves_is_never_confirmed_and_nothing_is_asked() {
    FenceRegistry registry = registry(Map.of("export", Set.of(ARRAY)), export);
    assertThat(registry.ensure(target(A, B)).text()).contains(NFS);
    assertThat(registry.ensure(target()).state()).isEqualTo(State.FAILED);
    assertThat(export.fenced).isEmpty();
    assertThat(store.stored).isEmpty();
  }

  @Test
  void nothing_is_stored_or_asked_while_one_of_the_fences_cannot_be_asked() {
    power.prepared = FenceStatus.failed("no address is known");
    FenceRegistry registry =
        registry(Map.of("export", Set.of(ARRAY), "power", Set.of(ARRAY)), export, power);
    FenceStatus status = registry.ensure(target(A));
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text()).contains("fence power: no address is known");
    assertThat(store.stored).isEmpty();
    assertThat(export.fenced).isEmpty();
    power.prepared = FenceStatus.notAsked();
    assertThat(registry.ensure(target(A)).isConfirmed()).isTrue();
    power.prepared = FenceStatus.failed("no address is known");
    assertThat(registry.ensure(target(A)).isConfirmed()).as("asked for before").isTrue();
  }

  @Test
  void fences_that_no_controller_removes_are_reported() {
    FenceLedger ledger = new FenceLedger(store, "guard");
    assertThat(ledger.leftFences()).isEmpty();
    exports().ensure(target(A));
    assertThat(ledger.leftFences())
        .containsExactly("node node-1 is still fenced (ConfigMap guard/" + RECORD + ")");
    store.stored.get(RECORD).withObject("/data").put("schema", "99");
    assertThat(ledger.leftFences()).singleElement().asString().contains("schema 99");
  }

  @Test
  void a_confirmation_of_a_node_holds_for_all_its_volumes_in_this_silence() {
    FenceRegistry registry = powers();
    assertThat(registry.ensure(target(A)).isConfirmed()).isTrue();
    assertThat(registry.ensure(target(B)).isConfirmed()).isTrue();
    assertThat(power.fenced).hasSize(1);
    registry.ensure(target("boot-1", "t2", A));
    assertThat(power.fenced).as("another silence").hasSize(2);
    registry.ensure(target("boot-2", "t2", A));
    assertThat(power.fenced).as("another boot").hasSize(3);
    registry.ensure(target("", "t2", A));
    assertThat(power.fenced).as("an unknown boot").hasSize(4);
  }

  @Test
  void the_request_is_stored_before_it_is_made() {
    power.whenAsked =
        () -> assertThat(store.stored.get(RECORD).at("/data/entries").asText()).contains("ASKED");
    assertThat(powers().ensure(target(A)).isConfirmed()).isTrue();
    assertThat(store.stored.get(RECORD).at("/metadata/labels/rwop-guard.io~1record").asText())
        .isEqualTo("fence");
  }

  @Test
  void nothing_is_asked_that_cannot_be_stored() {
    store.isDown = true;
    assertThat(powers().ensure(target(A)).state()).isEqualTo(State.FAILED);
    store.isDown = false;
    FenceRegistry registry = powers();
    registry.ensure(target(A));
    store.beforeWrite = () -> store.touch(RECORD);
    assertThat(registry.ensure(target("boot-2", "t2", A)).state()).isEqualTo(State.PENDING);
    assertThat(power.fenced).hasSize(1);
  }

  @Test
  void a_new_leader_knows_what_was_confirmed_and_what_has_to_be_unfenced() {
    powers().ensure(target(A));
    FenceRegistry next = powers();
    assertThat(next.refresh()).isEmpty();
    assertThat(next.fencedNodes()).containsExactly("node-1");
    assertThat(next.ensure(target(A)).isConfirmed()).isTrue();
    assertThat(power.fenced).hasSize(1);
  }

  @Test
  void a_stored_confirmation_that_can_be_observed_is_compared_with_the_present() {
    export.observable = true;
    FenceRegistry registry = exports();
    assertThat(registry.ensure(target(A)).isConfirmed()).isTrue();
    assertThat(registry.status(target(A)).isConfirmed()).isTrue();
    export.answer = FenceStatus.pending("it was deleted");
    assertThat(registry.status(target(A)).isConfirmed()).isFalse();
    assertThat(registry.ensure(target(A)).isConfirmed()).isFalse();
  }

  @Test
  void a_record_of_a_newer_schema_is_left_alone() {
    powers().ensure(target(A));
    store.stored.get(RECORD).withObject("/data").put("schema", "2");
    String before = store.stored.get(RECORD).toString();
    FenceRegistry registry = powers();
    assertThat(registry.refresh()).singleElement().asString().contains("schema 2");
    assertThat(registry.fencedNodes()).containsExactly("node-1");
    assertThat(registry.ensure(target(B)).text()).contains("schema 2");
    assertThat(registry.mayReturn("node-1", "boot-2", "renewed since").state())
        .isEqualTo(ReturnStatus.State.FAILED);
    assertThat(store.stored.get(RECORD).toString()).isEqualTo(before);
  }

  @Test
  void a_record_of_an_earlier_version_says_nothing_of_stale_mappings() {
    stale = true;
    powers().ensure(target(A));
    ObjectNode data = store.stored.get(RECORD).withObject("/data");
    String entries = data.path("entries").asText();
    assertThat(entries).contains(",\"staleMappings\":true");
    data.put("entries", entries.replace(",\"staleMappings\":true", ""));
    FenceRegistry registry = powers();
    assertThat(registry.refresh()).isEmpty();
    assertThat(registry.awaitsReboot("node-1", "boot-1")).isFalse();
    data.put("entries", entries.replace("true", "\"yes\""));
    assertThat(registry.refresh()).singleElement().asString().contains("staleMappings");
  }

  @Test
  void a_fence_of_a_node_that_is_gone_is_reported_and_stays() {
    powers().ensure(target(A));
    FenceRegistry registry = powers();
    registry.refresh();
    assertThat(registry.ofMissingNodes(node -> true)).isEmpty();
    assertThat(registry.ofMissingNodes(node -> false))
        .singleElement()
        .asString()
        .contains("node node-1 does not exist", "fence power", "delete ConfigMap " + RECORD);
    assertThat(power.unfenced).isEmpty();
    assertThat(store.stored).containsKey(RECORD);
  }

  @Test
  void a_broken_record_concerns_its_own_node_only() {
    powers().ensure(target(A));
    store.stored.get(RECORD).withObject("/data").put("entries", "[{\"provider\": 3}]");
    FenceRegistry registry = powers();
    assertThat(registry.refresh()).singleElement().asString().contains("cannot be read");
    FenceTarget other =
        new FenceTarget("node-2", "uid-2", "boot", "t", List.of(A), "shop", "db-0", "uid");
    assertThat(registry.ensure(other).isConfirmed()).isTrue();
    assertThat(registry.ensure(target(A)).state()).isEqualTo(State.FAILED);
  }

  @Test
  void a_config_map_that_rwop_guard_did_not_create_is_left_alone() {
    powers().ensure(target(A));
    store.stored.get(RECORD).withObject("/metadata").remove("labels");
    assertThat(powers().ensure(target(B)).text()).contains("not labeled");
  }

  private static final NodeAddress FIRST = new NodeAddress("s", "192.0.2.1/32");
  private static final NodeAddress SECOND = new NodeAddress("s", "192.0.2.2/32");

  @Test
  void addresses_are_stored_before_a_fence_is_asked() {
    export.prepared = FenceStatus.notAsked().with(Set.of(FIRST));
    export.whenAsked =
        () ->
            assertThat(store.stored.get(RECORD).at("/data/entries").asText())
                .contains(FIRST.cidr());
    assertThat(exports().ensure(target(A)).isConfirmed()).isTrue();
    assertThat(export.fenced.get(0).addresses()).containsExactly(FIRST);
  }

  @Test
  void addresses_hold_for_all_volumes_and_leaders_of_one_silence() {
    export.observable = true;
    export.prepared = FenceStatus.notAsked().with(Set.of(FIRST));
    exports().ensure(target(A));
    export.prepared = FenceStatus.notAsked();
    exports().ensure(target(B));
    assertThat(export.fenced.get(1).addresses()).containsExactly(FIRST);
    exports().ensure(target("boot-1", "t2", A));
    assertThat(export.fenced.get(2).addresses()).as("another silence").isEmpty();
    exports().ensure(target("boot-2", "t1", A));
    assertThat(export.fenced.get(3).addresses()).as("another boot").isEmpty();
    export.prepared = FenceStatus.failed("it returned").with(Set.of(SECOND));
    exports().ensure(target(A, B));
    exports().ensure(target(A));
    assertThat(export.fenced.get(4).addresses()).containsExactly(FIRST, SECOND);
  }

  @Test
  void addresses_that_a_status_finds_are_stored_before_they_count() {
    export.observable = true;
    FenceRegistry registry = exports();
    registry.ensure(target(A));
    export.answer = FenceStatus.confirmed(Set.of(A.id())).with(Set.of(SECOND));
    store.beforeWrite = () -> store.touch(RECORD);
    assertThat(registry.status(target(A)).isConfirmed()).isFalse();
    store.beforeWrite = () -> {};
    assertThat(registry.status(target(A)).isConfirmed()).isTrue();
    export.answer = null;
    exports().ensure(target(A));
    assertThat(export.fenced.get(1).addresses()).containsExactly(SECOND);
  }

  @Test
  void a_record_of_an_earlier_version_has_no_addresses() {
    exports().ensure(target(A));
    ObjectNode data = store.stored.get(RECORD).withObject("/data");
    String entries = data.path("entries").asText();
    assertThat(entries).contains(",\"addresses\":[]");
    data.put("entries", entries.replace(",\"addresses\":[]", ""));
    assertThat(exports().refresh()).isEmpty();
    data.put("entries", entries.replace("\"addresses\":[]", "\"addresses\":\"x\""));
    assertThat(exports().refresh()).singleElement().asString().contains("addresses");
  }
}
