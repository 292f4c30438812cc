package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.kube.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Runs two controllers that both may believe they lead. Views lag, writes are lost, late or
 * unanswered, and people change Leases, recreate claims and delete the ledger. The tokens of one
 * storage are distinct and grow in the order in which the ledger gave them. No Lease's token
 * decreases. {@code -Dtokens.runs} sets the number of runs, {@code -Dtokens.seed} the first seed.
 */
class FencingTokensPropertyTest {

  private static final int STEPS = 250;
  private static final List<String> NAMES = List.of("a", "b", "c");

  @Test
  void tokens_of_distinct_holders_are_distinct_and_increasing() {
    long first = Long.getLong("tokens.seed", 1);
    for (long seed = first; seed < first + Integer.getInteger("tokens.runs", 50); seed++) {
      Run run = new Run(seed);
      try {
        run.all();
      } catch (AssertionError e) {
        throw new AssertionError("-Dtokens.runs=1 -Dtokens.seed=" + seed, e);
      }
    }
  }

  /** A single run of one seed. */
  private static final class Run {
    private final Random random;
    private final TokenWorld world = new TokenWorld();
    private final List<TokenWorld.Controller> controllers = new ArrayList<>();
    private final List<Supplier<JsonNode>> late = new ArrayList<>();
    private final Map<String, TokenEntry> lastOfStorage = new HashMap<>();
    private final Map<String, String> given = new HashMap<>();
    private final Map<String, Integer> shown = new HashMap<>();
    private final Map<String, String> handles = new HashMap<>();
    private boolean byController;
    private boolean calm;
    private int depth;
    private int number;

    Run(long seed) {
      random = new Random(seed);
      world.cluster.listen(this::written);
      for (String name : NAMES) {
        replaceClaim(name, true);
      }
      for (int i = 0; i < 2; i++) {
        controllers.add(world.new Controller(new Faults(i)));
      }
    }

    void all() {
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      settle();
    }

    private boolean chance(int percent) {
      return random.nextInt(100) < percent;
    }

    private String name() {
      return NAMES.get(random.nextInt(NAMES.size()));
    }

    private void step() {
      switch (random.nextInt(12)) {
        case 0 -> world.pod(name());
        case 1 -> replaceClaim(name(), chance(30));
        case 2 -> tamper(name());
        case 3 -> controllers.get(random.nextInt(2)).leads = chance(70);
        case 4 -> controllers.get(random.nextInt(2)).refresh();
        case 5 -> landLate();
        case 6 -> loseShard();
        case 7 -> world.pass(1 + random.nextInt(80));
        default -> {
          if (depth < 2) {
            depth++;
            controllers.get(random.nextInt(2)).leases.update();
            depth--;
          }
        }
      }
      if (chance(30)) {
        world.pass(1);
      }
    }

    /** Recreates a claim, on a new volume of the same storage or of another. */
    private void replaceClaim(String name, boolean otherStorage) {
      world.removePod(name);
      if (otherStorage) {
        handles.put(name, name + "-" + ++number);
      }
      world.database(name, handles.get(name));
      world.pod(name);
    }

    private void tamper(String name) {
      JsonNode lease = world.lease(name).orElse(null);
      if (lease == null) {
        return;
      }
      if (chance(30)) {
        world.cluster.delete(Resources.LEASES, TokenWorld.NAMESPACE, "rwop-guard-" + name, lease);
        return;
      }
      ObjectNode forged = (ObjectNode) lease;
      forged.withObject("/spec").put("holderIdentity", "forged").put("leaseTransitions", 1 << 30);
      if (chance(30)) {
        forged.withObject("/metadata").remove("labels");
      }
      byOthers(() -> world.cluster.force(Resources.LEASES, TokenWorld.NAMESPACE, forged));
    }

    private void loseShard() {
      List<JsonNode> shards = world.cluster.list(Resources.CONFIG_MAPS, TokenWorld.OWN, "", "");
      if (chance(20) && !shards.isEmpty()) {
        // a token may be ahead of the clock by as many as were given within a second
        world.pass(120);
        String name =
            shards.get(random.nextInt(shards.size())).path("metadata").path("name").asText();
        world.cluster.delete(Resources.CONFIG_MAPS, TokenWorld.OWN, name, shards.get(0));
      }
    }

    private void landLate() {
      if (!late.isEmpty()) {
        Supplier<JsonNode> request = late.remove(random.nextInt(late.size()));
        boolean before = byController;
        byController = true;
        try {
          var unused = request.get();
        } catch (KubernetesClientException e) {
          // the API server refuses it
        }
        byController = before;
      }
    }

    private void byOthers(Runnable change) {
      boolean before = byController;
      byController = false;
      change.run();
      byController = before;
    }

    /** Checks the invariants of each write that the API server accepts. */
    private void written(ResourceDefinitionContext type, JsonNode object) {
      if (type == Resources.CONFIG_MAPS) {
        TokenShard.read("", Optional.of(object)).entries().forEach(this::given);
      } else if (type == Resources.LEASES && byController) {
        String uid = object.path("metadata").path("uid").asText();
        int token = TokenWorld.token(object);
        assertThat(token).isGreaterThanOrEqualTo(shown.getOrDefault(uid, 0));
        shown.put(uid, token);
        assertThat(given.get(object.path("metadata").path("name").asText() + token))
            .as("the holder in the ledger")
            .isEqualTo(TokenWorld.holder(object));
      }
    }

    private void given(String storage, TokenEntry entry) {
      TokenEntry last = lastOfStorage.get(storage);
      if (last == null || !last.hasSameHolder(entry)) {
        assertThat(entry.token()).isGreaterThan(last == null ? 0 : last.token());
        lastOfStorage.put(storage, entry);
        given.put("rwop-guard-" + entry.claim().name() + entry.token(), entry.holder());
      }
    }

    /** Without faults, one leader brings everything up to date. */
    private void settle() {
      while (!late.isEmpty()) {
        landLate();
      }
      calm = true;
      TokenWorld.Controller leader = controllers.get(0);
      controllers.get(1).leads = false;
      leader.leads = true;
      for (int i = 0; i < 4; i++) {
        world.pass(70);
        leader.look();
      }
      for (String name : NAMES) {
        JsonNode lease = world.lease(name).orElse(null);
        if (lease == null || !LeaseCopy.isForeign(lease, TokenWorld.key(name))) {
          TokenEntry entry = world.entry(handles.get(name)).orElseThrow();
          assertThat(lease).isNotNull();
          assertThat(TokenWorld.holder(lease)).startsWith(name + "-0/").isEqualTo(entry.holder());
          assertThat(TokenWorld.token(lease)).isEqualTo(entry.token());
        }
      }
    }

    /** The way of one controller to the API server. */
    private final class Faults implements ClusterApi {
      private final int controller;

      Faults(int controller) {
        this.controller = controller;
      }

      private void others() {
        while (!calm && chance(8)) {
          boolean before = byController;
          byController = false;
          step();
          byController = before;
        }
      }

      private JsonNode write(Supplier<JsonNode> request) {
        others();
        if (!calm && chance(15)) {
          if (chance(30)) {
            late.add(request);
          } else if (chance(50)) {
            run(request);
          }
          throw new KubernetesClientException("no answer from controller " + controller);
        }
        return run(request);
      }

      private JsonNode run(Supplier<JsonNode> request) {
        boolean before = byController;
        byController = true;
        try {
          return request.get();
        } finally {
          byController = before;
        }
      }

      @Override
      public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
        others();
        if (!calm && chance(2)) {
          throw new KubernetesClientException("no answer");
        }
        return world.cluster.get(type, namespace, name);
      }

      @Override
      public List<JsonNode> list(
          ResourceDefinitionContext type, String namespace, String labels, String fields) {
        return world.cluster.list(type, namespace, labels, fields);
      }

      @Override
      public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
        return write(() -> world.cluster.create(type, namespace, object));
      }

      @Override
      public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
        return write(() -> world.cluster.replace(type, namespace, object));
      }

      @Override
      public JsonNode patch(
          ResourceDefinitionContext type,
          String namespace,
          String name,
          String subresource,
          PatchKind kind,
          JsonNode patch) {
        return write(() -> world.cluster.patch(type, namespace, name, subresource, kind, patch));
      }

      @Override
      public void delete(
          ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
        throw new UnsupportedOperationException();
      }
    }
  }
}
