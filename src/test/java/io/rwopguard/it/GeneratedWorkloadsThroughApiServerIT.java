package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.mutations.PatchBuilder;
import io.rwopguard.testing.Seed;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.manifests.Edits;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.random.RandomWorkloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that a real API server accepts the mutated form of every object that it accepts. Objects
 * are mutated as written and with the API server's defaults, as the webhook sees them. All requests
 * are dry runs. A failure prints its seed: set {@code -DargLine=-Dseed=...} to see it again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GeneratedWorkloadsThroughApiServerIT {

  private static final long SEED = Seed.ofThisRun();
  private static final int CASES = Integer.getInteger("cases", 500);

  /** The one that {@link FixtureInventory} knows claims of. */
  private static final String NAMESPACE = "shop";

  private static final JsonMapper JSON = new JsonMapper();
  private static final MutationSettings DEFAULTS = MutationSettings.DEFAULTS;
  private static final List<MutationSet> MUTATIONS =
      List.of(
          new MutationSet(DEFAULTS),
          new MutationSet(
              new MutationSettings(
                  DEFAULTS.liveness(), 60, 0, false, 10, Set.of(), Edits.ALL, DEFAULTS.kinds())));

  private ApiServer api;

  private final Map<String, Integer> refused = new TreeMap<>();

  @BeforeAll
  void makeNamespace() {
    api = ApiServer.running();
    api.client()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
  }

  @Test
  void an_accepted_object_is_accepted_mutated_and_needs_no_further_edit() {
    int accepted = 0;
    int mutated = 0;
    List<String> failures = new ArrayList<>();
    for (int number = 0; number < CASES; number++) {
      ObjectNode object = RandomWorkloads.of(SEED, number, true);
      String described = "seed %d, number %d: %s".formatted(SEED, number, object);
      ObjectNode defaulted;
      try {
        defaulted = create(object);
      } catch (KubernetesClientException e) {
        refused.merge(reason(e), 1, Integer::sum);
        continue;
      }
      accepted++;
      for (MutationSet mutations : MUTATIONS) {
        try {
          mutated += asWritten(object, mutations) ? 1 : 0;
          asTheWebhookSeesIt(defaulted, mutations);
        } catch (KubernetesClientException | AssertionError e) {
          failures.add(described + ": " + e.getMessage());
        }
      }
    }
    assertThat(failures).isEmpty();
    assertThat(accepted)
        .as("seed %d: accepted before any mutation; refused: %s", SEED, refused)
        .isGreaterThanOrEqualTo(CASES * 8 / 10);
    assertThat(mutated).as("seed %d: mutated", SEED).isGreaterThan(CASES / 5);
  }

  private boolean asWritten(ObjectNode object, MutationSet mutations) {
    PatchBuilder draft = mutate(object, mutations);
    if (draft.patch().isEmpty()) {
      return false;
    }
    ObjectNode returned = create(draft.edited());
    for (JsonNode operation : mutate(returned, mutations).patch()) {
      // the tolerations that the API server gives a Pod were not there yet
      assertThat(operation.path("path").asText())
          .as("a second run over %s", returned)
          .matches("/spec/tolerations/\\d+/tolerationSeconds|.*/rwop-guard.io~1mutated");
    }
    return true;
  }

  private void asTheWebhookSeesIt(ObjectNode defaulted, MutationSet mutations) {
    PatchBuilder draft = mutate(defaulted, mutations);
    if (draft.patch().isEmpty()) {
      return;
    }
    ObjectNode returned = create(draft.edited());
    assertThat(returned).as("the API server changes what was mutated").isEqualTo(create(returned));
    assertThat(mutate(returned, mutations).patch())
        .as("a second run over %s", returned)
        .isEqualTo(JSON.createArrayNode());
  }

  private static PatchBuilder mutate(JsonNode object, MutationSet mutations) {
    ObjectFacts facts = Manifests.facts((ObjectNode) object);
    return mutations.concerns(facts)
        ? mutations.apply(facts, object, new FixtureInventory())
        : new PatchBuilder(object);
  }

  /** Returns what the API server would store, without what it would only know then. */
  private ObjectNode create(JsonNode object) {
    String[] group = object.path("apiVersion").asText().split("/", -1);
    String path =
        "/%s/%s/namespaces/%s/%ss?dryRun=All"
            .formatted(
                group.length == 1 ? "api" : "apis",
                String.join("/", group),
                NAMESPACE,
                object.path("kind").asText().toLowerCase(Locale.ROOT));
    try {
      ObjectNode created =
          (ObjectNode) JSON.readTree(api.client().raw(path, "POST", object.toString()));
      created.remove("status");
      ((ObjectNode) created.path("metadata"))
          .remove(List.of("uid", "resourceVersion", "creationTimestamp", "managedFields"));
      return created;
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** The message without the values in it, to count by. */
  private static String reason(KubernetesClientException e) {
    return e.getMessage().replaceAll("\"[^\"]*\"|\\d+", "_");
  }
}
