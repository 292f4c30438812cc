package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.rwopguard.kube.Resources;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks which fencing tokens are published in ordinary and in hostile conditions. */
class FencingTokensTest {

  private final TokenWorld world = new TokenWorld();
  private final TokenWorld.Controller controller = world.new Controller(world.cluster);

  private JsonNode lease() {
    return world.lease("db").orElseThrow();
  }

  private void look() {
    world.pass(1);
    controller.look();
  }

  private void lookLater() {
    world.pass(70);
    controller.look();
  }

  private String start() {
    world.database("db", "h");
    String holder = world.pod("db");
    look();
    return holder;
  }

  private ObjectNode shard() {
    return (ObjectNode) world.cluster.list(Resources.CONFIG_MAPS, TokenWorld.OWN, "", "").get(0);
  }

  @Test
  void the_first_token_is_the_time_and_the_lease_shows_what_the_ledger_has() {
    String holder = start();
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
    assertThat(TokenWorld.token(lease())).isEqualTo(28_512_001);
    assertThat(world.entry("h").orElseThrow().token()).isEqualTo(28_512_001);
    assertThat(lease().path("spec").has("renewTime")).isFalse();
    assertThat(
            shard().path("metadata").path("labels").path("velero.io/exclude-from-backup").asText())
        .isEqualTo("true");
  }

  /** A policy guards what has the label alone. */
  @Test
  void a_ledger_without_its_label_gives_no_token() {
    String holder = start();
    int last = TokenWorld.token(lease());
    ObjectNode forged = shard().deepCopy();
    forged.withObject("/metadata").remove("labels");
    forged
        .withObject("/data")
        .properties()
        .forEach(
            each -> each.setValue(TextNode.valueOf(each.getValue().asText().replace("28", "1"))));
    world.cluster.force(Resources.CONFIG_MAPS, TokenWorld.OWN, forged);
    TokenWorld.Controller later = world.new Controller(world.cluster);
    world.pod("db");
    world.pass(70);
    later.look();
    assertThat(TokenWorld.token(lease())).isEqualTo(last);
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
    assertThat(shard().path("data")).isEqualTo(forged.path("data"));
  }

  @Test
  void nothing_is_written_while_nothing_changes() {
    start();
    int writes = world.cluster.writes();
    for (int i = 0; i < 10; i++) {
      lookLater();
    }
    assertThat(world.cluster.writes()).isEqualTo(writes);
  }

  @Test
  void the_token_grows_with_the_pod_the_claim_and_the_volume() {
    start();
    int last = TokenWorld.token(lease());
    world.pod("db");
    look();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
    last = TokenWorld.token(lease());
    // the claim is recreated on a PersistentVolume of another name and the same storage
    world.database("db", "h");
    String holder = world.pod("db");
    look();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
  }

  @Test
  void the_token_grows_although_the_clock_stands_or_goes_back() {
    start();
    for (int i = 0; i < 5; i++) {
      int last = TokenWorld.token(lease());
      world.now = world.now.minus(Duration.ofDays(300));
      world.pod("db");
      world.nanos += Duration.ofSeconds(1).toNanos();
      controller.look();
      assertThat(TokenWorld.token(lease())).isGreaterThan(last);
    }
  }

  @Test
  void a_lost_ledger_leads_to_a_greater_token() {
    start();
    int last = TokenWorld.token(lease());
    String name = shard().path("metadata").path("name").asText();
    world.cluster.delete(Resources.CONFIG_MAPS, TokenWorld.OWN, name, null);
    world.pod("db");
    look();
    look();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
  }

  @Test
  void a_restored_ledger_leads_to_a_greater_token() {
    start();
    ObjectNode backup = shard();
    world.pod("db");
    lookLater();
    int last = TokenWorld.token(lease());
    world.cluster.force(Resources.CONFIG_MAPS, TokenWorld.OWN, backup);
    world.pod("db");
    lookLater();
    lookLater();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
  }

  @Test
  void a_lease_that_a_tenant_changed_is_put_back() {
    String holder = start();
    int token = TokenWorld.token(lease());
    ObjectNode forged = (ObjectNode) lease();
    forged
        .withObject("/spec")
        .put("holderIdentity", "evil/uid")
        .put("leaseTransitions", Integer.MAX_VALUE)
        .put("renewTime", "2099-01-01T00:00:00.000000Z");
    forged.withObject("/metadata").withObject("/labels").remove(PrimaryLease.LABEL);
    world.cluster.force(Resources.LEASES, TokenWorld.NAMESPACE, forged);
    lookLater();
    lookLater();
    assertThat(TokenWorld.token(lease())).isEqualTo(token);
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
    assertThat(lease().path("spec").has("renewTime")).isFalse();
    assertThat(world.entry("h").orElseThrow().token()).isEqualTo(token);
  }

  @Test
  void a_lease_of_another_owner_is_left_alone() {
    ObjectNode own = TokenWorld.object("rwop-guard-db", TokenWorld.NAMESPACE);
    own.putObject("spec").put("holderIdentity", "tenant");
    world.database("db", "h");
    world.cluster.create(Resources.LEASES, TokenWorld.NAMESPACE, own);
    world.pod("db");
    for (int i = 0; i < 4; i++) {
      lookLater();
    }
    assertThat(TokenWorld.holder(lease())).isEqualTo("tenant");
    world.cluster.delete(Resources.LEASES, TokenWorld.NAMESPACE, "rwop-guard-db", null);
    lookLater();
    assertThat(TokenWorld.holder(lease())).startsWith("db-0/");
  }

  @Test
  void a_lease_that_the_watch_does_not_know_yet_is_read_before_it_is_written() {
    start();
    world.pod("db");
    TokenWorld.Controller other = world.new Controller(world.cluster);
    world.pass(1);
    other.look();
    int last = TokenWorld.token(lease());
    world.pod("db");
    // the first controller's view has no newer Lease
    look();
    look();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
  }

  @Test
  void does_not_write_to_the_lease_of_an_election() {
    TokenWorld same = new TokenWorld(TokenWorld.NAMESPACE);
    TokenWorld.Controller leader = same.new Controller(same.cluster);
    // the replicas exchange their reports by the Lease rwop-guard-election-probes
    List<String> reserved =
        List.of("failover", "certificates", "election", "election-probes", "failover-probes");
    for (String name : Stream.concat(reserved.stream(), Stream.of("db")).toList()) {
      same.database(name, name);
      same.pod(name);
    }
    same.pass(1);
    leader.look();
    assertThat(reserved).allSatisfy(name -> assertThat(same.lease(name)).isEmpty());
    assertThat(same.lease("db")).isPresent();
  }

  @Test
  void a_shard_of_another_schema_is_not_written_to() {
    String holder = start();
    ObjectNode newer = shard();
    newer.withObject("/data").put("schema", "2");
    world.cluster.force(Resources.CONFIG_MAPS, TokenWorld.OWN, newer);
    world.pod("db");
    lookLater();
    lookLater();
    assertThat(shard().path("data")).isEqualTo(newer.path("data"));
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
    assertThat(world.refused.get(TokenWorld.key("db"))).contains("another version");
  }

  @Test
  void a_full_shard_refuses_and_keeps_what_it_has() {
    start();
    ObjectNode full = shard();
    String first =
        full.path("data").properties().stream()
            .filter(each -> each.getKey().length() == 32)
            .findFirst()
            .orElseThrow()
            .getKey();
    String long200 = "x".repeat(200);
    TokenEntry filler = new TokenEntry(7, long200, TokenWorld.key("c"), long200, world.now);
    int size = TokenShard.sizeOf(first, filler);
    for (int i = 0; i * size < TokenShard.FULL; i++) {
      full.withObject("/data").put(first.substring(0, 1) + "%031d".formatted(i), filler.toJson());
    }
    world.cluster.force(Resources.CONFIG_MAPS, TokenWorld.OWN, full);
    int i = 0;
    while (!TokenLedger.shardOf(storage("h" + i)).equals(TokenLedger.shardOf(first))) {
      i++;
    }
    world.database("late", "h" + i);
    world.pod("late");
    String holder = world.pod("db");
    lookLater();
    lookLater();
    assertThat(world.refused.get(TokenWorld.key("late"))).contains("is full");
    assertThat(world.lease("late")).isEmpty();
    // a storage that has an entry keeps getting tokens
    assertThat(TokenWorld.holder(lease())).isEqualTo(holder);
  }

  private static String storage(String handle) {
    ObjectNode volume = TokenWorld.object("v", "");
    volume.putObject("spec").putObject("csi").put("driver", "d").put("volumeHandle", handle);
    return TokenLedger.storageOf(volume);
  }

  @Test
  void two_claims_of_one_storage_do_not_take_turns() {
    start();
    world.database("other", "h");
    world.pod("other");
    lookLater();
    int writes = world.cluster.writes();
    lookLater();
    lookLater();
    assertThat(world.cluster.writes()).isEqualTo(writes);
    assertThat(world.refused.get(TokenWorld.key("other"))).contains("same storage");
    assertThat(world.lease("other")).isEmpty();
  }

  @Test
  void an_entry_goes_a_day_after_its_volume_and_a_returning_storage_gets_a_greater_token() {
    start();
    int last = TokenWorld.token(lease());
    world.removePod("db");
    world
        .cluster
        .list(TokenWorld.VOLUMES, "", "", "")
        .forEach(
            volume ->
                world.cluster.delete(
                    TokenWorld.VOLUMES, "", volume.path("metadata").path("name").asText(), null));
    lookLater();
    world.pass(700);
    controller.look();
    assertThat(world.entry("h").orElseThrow().goneSince()).isPresent();
    world.pass((int) Duration.ofHours(25).toSeconds());
    controller.look();
    assertThat(world.entry("h")).isEmpty();
    world.now = world.now.minus(Duration.ofDays(60));
    world.database("db", "h");
    world.pod("db");
    look();
    look();
    assertThat(TokenWorld.token(lease())).isGreaterThan(last);
  }

  @Test
  void a_thousand_claims_cost_few_config_map_writes() {
    int[] writes = {0};
    world.cluster.listen((type, object) -> writes[0] += type == Resources.CONFIG_MAPS ? 1 : 0);
    for (int i = 0; i < 1000; i++) {
      world.database("db-" + i, "h-" + i);
      world.pod("db-" + i);
    }
    look();
    look();
    assertThat(world.cluster.list(Resources.LEASES, TokenWorld.NAMESPACE, "", "")).hasSize(1000);
    assertThat(writes[0]).isLessThanOrEqualTo(3 * 16);
  }
}
