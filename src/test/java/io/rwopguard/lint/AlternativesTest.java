package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Folders that hold several versions of one object: they are said, and never mixed. */
class AlternativesTest extends LintedFolder {

  @Test
  void a_workload_before_and_after_its_claim_changed_meets_its_own_claim_only() throws IOException {
    write("before/claim.yaml", claim("data", "ReadWriteMany"));
    write("before/web.yaml", deployment("web", 3, "data"));
    write("after/claim.yaml", claim("data", "ReadWriteOncePod"));
    write("after/web.yaml", deployment("web", 1, "data"));
    LintRun run = run();
    assertThat(findings(run)).isEmpty();
    assertThat(alternatives(run))
        .containsExactlyInAnyOrder("PersistentVolumeClaim data", "Deployment web");
    assertThat(run.text())
        .contains(
            "note: PersistentVolumeClaim shop/data has different manifests in %s/after/claim.yaml:3 and %s/before/claim.yaml:3. A cluster has one of them at a time"
                .formatted(folder, folder));
  }

  @Test
  void another_workload_of_the_other_version_is_no_second_consumer() throws IOException {
    write("old/claim.yaml", claim("data", "ReadWriteOnce"));
    write("old/reader.yaml", deployment("reader", 1, "data"));
    write("new/claim.yaml", claim("data", "ReadWriteOncePod"));
    write("new/writer.yaml", deployment("writer", 1, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void a_fault_within_one_version_is_still_found() throws IOException {
    write("before/all.yaml", claim("data", "ReadWriteOnce"), deployment("web", 1, "data"));
    write("after/all.yaml", claim("data", "ReadWriteOncePod"), deployment("web", 2, "data"));
    assertThat(findings(run())).containsExactly("after/all.yaml single-consumer");
  }

  @Test
  void files_beside_each_other_are_alternatives_too() throws IOException {
    write("web-v1.yaml", claim("data", "ReadWriteMany"), deployment("web", 3, "data"));
    write("web-v2.yaml", claim("data", "ReadWriteOncePod"), deployment("web", 1, "data"));
    assertThat(findings(run())).isEmpty();
  }

  @Test
  void an_object_outside_of_all_versions_meets_none_that_is_as_near_as_another()
      throws IOException {
    write("app/web.yaml", deployment("web", 2, "data"));
    write("claims/dev/claim.yaml", claim("data", "ReadWriteMany"));
    write("claims/prod/claim.yaml", claim("data", "ReadWriteOncePod"));
    LintRun run = run();
    assertThat(findings(run)).isEmpty();
    assertThat(alternatives(run)).containsExactly("PersistentVolumeClaim data");
  }

  @Test
  void the_file_in_the_same_folder_goes_before_one_in_a_folder_below() throws IOException {
    write("claim.yaml", claim("data", "ReadWriteOncePod"));
    write("web.yaml", deployment("web", 2, "data"));
    write("archive/claim.yaml", claim("data", "ReadWriteMany"));
    assertThat(findings(run())).containsExactly("web.yaml single-consumer");
  }

  @Test
  void the_same_words_in_two_places_are_no_alternatives() throws IOException {
    write("reader/all.yaml", claim("data", "ReadWriteOncePod"), deployment("reader", 1, "data"));
    write("writer/all.yaml", claim("data", "ReadWriteOncePod"), deployment("writer", 1, "data"));
    LintRun run = run();
    assertThat(alternatives(run)).isEmpty();
    assertThat(findings(run))
        .containsExactlyInAnyOrder("reader/all.yaml claim-in-use", "writer/all.yaml claim-in-use");
  }

  @Test
  void objects_that_get_their_names_from_the_api_server_are_different_ones() throws IOException {
    String job =
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {generateName: once-, namespace: shop}
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: main, image: %s}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """;
    write("one.yaml", job.formatted("one"));
    write("two.yaml", job.formatted("two"));
    write("web.yaml", claim("data", "ReadWriteOncePod"), deployment("web", 1, "data"));
    LintRun run = run();
    assertThat(alternatives(run)).isEmpty();
    assertThat(findings(run)).contains("web.yaml claim-in-use");
  }

  @Test
  void several_versions_in_one_stream_are_said_and_the_last_one_counts() {
    String input =
        String.join(
            "---\n",
            claim("data", "ReadWriteOncePod"),
            deployment("web", 2, "data"),
            claim("data", "ReadWriteMany"));
    LintRun run = run(input, "-");
    assertThat(run.result().findings()).isEmpty();
    assertThat(run.text()).contains("<stdin>:3 and <stdin>:21. kubectl applies the last one");
  }

  @Test
  void a_file_that_is_named_twice_is_read_once() throws IOException {
    write("web.yaml", claim("data", "ReadWriteOncePod"), deployment("web", 2, "data"));
    LintRun run = run("", folder.toString(), folder.resolve("web.yaml").toString());
    assertThat(run.result().findings()).hasSize(1);
  }

  @Test
  void a_thousand_examples_are_compared_in_a_moment() throws IOException {
    for (int i = 0; i < 1000; i++) {
      write(
          "example-%d/all.yaml".formatted(i),
          claim("data", i % 2 == 0 ? "ReadWriteMany" : "ReadWriteOncePod"),
          deployment("web", 1 + i, "data"));
    }
    LintRun run = run();
    assertThat(run.result().findings()).hasSize(500);
    assertThat(run.text()).contains("3 and 997 more places.");
    assertThat(run.json()).contains("example-999/all.yaml");
  }
}
