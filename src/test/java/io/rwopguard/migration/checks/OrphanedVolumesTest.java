package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.volume;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes of a set whose claims a person has deleted before the move. */
class OrphanedVolumesTest {

  private static OrphanedVolumes siblings(String set, String... documents) {
    String[] all = new String[documents.length + 1];
    all[0] = set;
    System.arraycopy(documents, 0, all, 1, documents.length);
    WrittenCluster cluster = WrittenCluster.of(all);
    return OrphanedVolumes.of(cluster.unit(), cluster.around());
  }

  private static String database(String spec) {
    return DATABASE.replaceFirst("  replicas: 1\n", "  %s\n".formatted(spec));
  }

  @Test
  void a_set_that_is_at_0_gets_a_note_of_the_volume_that_would_be_left_behind() {
    OrphanedVolumes found = siblings(database("replicas: 0"), volume("pv-1", "data-db-1"));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notes())
        .singleElement()
        .asString()
        .startsWith("volume pv-1 belongs to claim shop/data-db-1, which does not exist")
        .contains("run the command for that claim too before the StatefulSet is scaled up");
  }

  @ParameterizedTest
  @CsvSource({
    "replicas: 2, true",
    "replicas: 1, false",
    "'replicas: 1, ordinals: {start: 1}', true",
    "'replicas: 5, ordinals: {start: 2}', false"
  })
  void a_set_that_has_a_replica_for_it_is_not_moved(String spec, boolean refused) {
    String set = database(spec.replace(", ", "\n  "));
    OrphanedVolumes found = siblings(set, volume("pv-1", "data-db-1"));
    assertThat(found.problems()).hasSize(refused ? 1 : 0);
    assertThat(found.notes()).hasSize(refused ? 0 : 1);
    assertThat(found.problems())
        .allSatisfy(
            problem ->
                assertThat(problem)
                    .contains("with a new, empty volume")
                    .contains("Create the claim with spec.volumeName: pv-1 first"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"data-db", "data-db-x", "data-db-1-2", "other-db-1", "data-dbx-1", "xdata-db-1"})
  void a_volume_of_another_claim_is_none(String other) {
    OrphanedVolumes found = siblings(database("replicas: 9"), volume("pv-1", other));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notes()).isEmpty();
  }

  @Test
  void a_volume_whose_claim_is_there_and_one_of_another_namespace_are_none() {
    String elsewhere = volume("pv-2", "data-db-2").replace("namespace: shop", "namespace: test");
    OrphanedVolumes found = siblings(database("replicas: 9"), claim("data-db-1"), elsewhere);
    assertThat(found.problems()).isEmpty();
    assertThat(siblings(claim("plain"), volume("pv-1", "data-db-1")).notes()).isEmpty();
  }

  @Test
  void an_ordinal_that_no_number_holds_is_no_replica() {
    String far = "data-db-99999999999999999999";
    assertThat(siblings(database("replicas: 2"), volume("pv-1", far)).notes()).hasSize(1);
  }
}
