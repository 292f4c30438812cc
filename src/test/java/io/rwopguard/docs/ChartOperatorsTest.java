package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.model.OperatorSign;
import io.rwopguard.model.Operators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Generates what the chart's policies know of operators from what the service knows. */
class ChartOperatorsTest {

  private static final Path FILE = Path.of("charts/rwop-guard/files/operators.yaml");

  /** Run with {@code -DargLine=-Ddocs.update=true} to write the file again. */
  @Test
  void the_chart_knows_the_operators_that_the_service_knows() throws IOException {
    JsonMapper json = new JsonMapper();
    StringBuilder file =
        new StringBuilder(
            """
            # Generated from the service's operators.yaml and class Operators by ChartOperatorsTest: -DargLine=-Ddocs.update=true.
            builtInGroups:
            """);
    for (String group : new TreeSet<>(Operators.builtInGroups())) {
      file.append(group.isEmpty() ? "" : "  - %s\n".formatted(group));
    }
    file.append("labels:\n");
    for (OperatorSign sign : OperatorSign.all()) {
      file.append("  - %s\n".formatted(json.writeValueAsString(sign.labels())));
    }
    if (Boolean.getBoolean("docs.update")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, file.toString());
    }
    assertThat(FILE).hasContent(file.toString());
  }
}
