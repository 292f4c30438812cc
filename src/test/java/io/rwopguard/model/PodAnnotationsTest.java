package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

/** Annotations that cannot be followed. */
class PodAnnotationsTest {

  private static String problem(String annotation, String value) {
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    pod.putObject("metadata").putObject("annotations").put(annotation, value);
    pod.putObject("spec").putArray("containers").addObject().put("name", "db");
    return PodAnnotations.of(ObjectReader.read(Kind.POD, "shop", pod).podTemplate().orElseThrow())
        .problems()
        .get(annotation);
  }

  @Test
  void a_problem_quotes_a_short_value() {
    assertThat(problem(PodAnnotations.GRACE, "both"))
        .isEqualTo("must be \"pod\" or \"probe\", found \"both\"");
  }

  @Test
  void a_problem_quotes_only_the_beginning_of_a_long_value() {
    // all annotations together may have 256 KiB, and a policy report has up to 1,000 problems
    assertThat(problem(PodAnnotations.GRACE, "x".repeat(200_000)))
        .isEqualTo("must be \"pod\" or \"probe\", found \"%s...\"".formatted("x".repeat(100)));
    assertThat(problem(PodAnnotations.GRACE, "x".repeat(99) + "\ud83d\ude00y"))
        .endsWith("found \"%s...\"".formatted("x".repeat(99)));
  }
}
