package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Evaluates each component with what is in the folders of its environment. */
class AlternativesOfEnvironmentsTest extends LintedFolder {

  private static final String EXCLUSIVE = claim("data", "ReadWriteOncePod");
  private static final String SHARED = claim("data", "ReadWriteMany");

  /** Evaluates the folder while a Deployment web that uses the claim runs. */
  private List<String> findingsWhileWebRuns() throws IOException {
    ManifestInventory cluster = new ManifestInventory(new EmptyInventory());
    cluster.add(ObjectReader.read(Kind.DEPLOYMENT, "shop", json(deployment("web", 1, "data"))));
    return findings(run(Optional.empty(), cluster, "", folder.toString()));
  }

  @Test
  void considers_what_runs_although_an_alternative_names_it() throws IOException {
    write("before/all.yaml", claim("data", "ReadWriteOnce"), deployment("web", 1, "data"));
    write("after/all.yaml", EXCLUSIVE, deployment("writer", 1, "data"));
    assertThat(findingsWhileWebRuns()).containsExactly("after/all.yaml claim-in-use");
  }

  @Test
  void considers_what_runs_where_alternatives_of_it_do_not_agree() throws IOException {
    write("all.yaml", EXCLUSIVE, deployment("writer", 1, "data"));
    write("web/dev/web.yaml", deployment("web", 1, "data"));
    write("web/prod/web.yaml", deployment("web", 1, "other"));
    assertThat(findingsWhileWebRuns()).contains("all.yaml claim-in-use");
  }

  @Test
  void ignores_what_runs_where_its_manifest_uses_another_claim() throws IOException {
    write("all.yaml", EXCLUSIVE, deployment("writer", 1, "data"));
    write("web.yaml", deployment("web", 1, "other"));
    assertThat(findingsWhileWebRuns()).doesNotContain("all.yaml claim-in-use");
  }

  @Test
  void a_consumer_in_another_environment_of_another_component_does_not_count() throws IOException {
    write("apps/db/dev/db.yaml", EXCLUSIVE, deployment("db", 1, "data"));
    write("apps/db/prod/db.yaml", SHARED, deployment("db", 1, "data"));
    write("apps/reader/prod/reader.yaml", deployment("reader", 1, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void a_consumer_in_the_same_environment_of_another_component_counts() throws IOException {
    write("apps/db/overlays/dev/db.yaml", EXCLUSIVE, deployment("db", 1, "data"));
    write("apps/db/overlays/prod/db.yaml", SHARED, deployment("db", 1, "data"));
    write("apps/reader/dev/reader.yaml", deployment("reader", 1, "data"));
    write("apps/reader/prod/reader.yaml", deployment("reader", 2, "data"));
    assertThat(findings(run()))
        .containsExactly(
            "apps/db/overlays/dev/db.yaml claim-in-use",
            "apps/reader/dev/reader.yaml claim-in-use");
  }

  @Test
  void a_workload_does_not_meet_the_claim_of_another_environment() throws IOException {
    write("apps/db/prod/claim.yaml", EXCLUSIVE);
    write("apps/web/prod/web.yaml", deployment("web", 1, "data"));
    write("apps/web/dev/web.yaml", deployment("web", 2, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void environments_of_one_component_hold_for_others_that_do_not_repeat_an_object()
      throws IOException {
    write("apps/db/dev/db.yaml", deployment("db", 1, "db"));
    write("apps/db/prod/db.yaml", deployment("db", 2, "db"));
    write("apps/web/dev/claim.yaml", EXCLUSIVE);
    write("apps/web/prod/web.yaml", deployment("web", 2, "data"));
    write("apps/reader/prod/reader.yaml", deployment("reader", 2, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void components_whose_environments_share_a_version_are_no_alternatives() throws IOException {
    write("reader/dev/all.yaml", SHARED);
    write("reader/prod/all.yaml", EXCLUSIVE, deployment("reader", 1, "data"));
    write("writer/all.yaml", EXCLUSIVE, deployment("writer", 1, "data"));
    assertThat(findings(run()))
        .containsExactly("reader/prod/all.yaml claim-in-use", "writer/all.yaml claim-in-use");
  }

  @ParameterizedTest
  @CsvSource({"dev, prod", "test, live"})
  void environments_that_each_component_repeats_are_not_mixed(String first, String second)
      throws IOException {
    write("reader/dev/all.yaml", EXCLUSIVE, deployment("reader", 1, "data"));
    write("reader/prod/all.yaml", SHARED);
    write("writer/%s/all.yaml".formatted(first), EXCLUSIVE);
    write("writer/%s/all.yaml".formatted(second), SHARED, deployment("batch", 1, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void a_claim_that_one_environment_replaces_is_met_by_the_other() throws IOException {
    write("apps/shared/claim.yaml", EXCLUSIVE);
    write("apps/web/dev/web.yaml", deployment("web", 2, "data"));
    write("apps/web/prod/web.yaml", SHARED, deployment("web", 3, "data"));
    assertThat(findings(run())).containsExactly("apps/web/dev/web.yaml single-consumer");
  }

  @Test
  void an_object_outside_of_all_environments_belongs_to_each() throws IOException {
    write("base/web.yaml", deployment("web", 1, "data"));
    write("overlays/dev/all.yaml", SHARED);
    write("overlays/prod/all.yaml", EXCLUSIVE, deployment("writer", 1, "data"));
    assertThat(findings(run())).containsExactly("overlays/prod/all.yaml claim-in-use");
  }
}
