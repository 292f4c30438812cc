package io.rwopguard.migration.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies on a volume, and what else its annotations may have. */
class ManifestCopyTest {

  private static Optional<ManifestCopy> read(String manifest) {
    ObjectNode volume = JsonNodeFactory.instance.objectNode();
    volume
        .putObject("metadata")
        .put("name", "pv")
        .putObject("annotations")
        .put(ManifestCopy.OF_CLAIM, manifest)
        .put(ManifestCopy.OF_CLAIM + "-version", "uid/7");
    return ManifestCopy.on(volume, ManifestCopy.OF_CLAIM);
  }

  @Test
  void reads_a_manifest() {
    assertThat(read("{\"spec\":{}}").orElseThrow().of()).isEqualTo(new ObjectVersion("uid", "7"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "5", "[]", "{}", "{\"spec\":null}", "{\"spec\":[]}"})
  void says_that_another_program_wrote_what_is_no_manifest(String text) {
    assertThatIllegalStateException()
        .isThrownBy(() -> read(text))
        .withMessageContaining("annotation rwop-guard.io/migration-claim of volume pv");
  }
}
