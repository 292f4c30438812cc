package io.rwopguard.model;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the annotations of a Pod, one a line. A problem names an annotation of rwop-guard that is
 * there. An invalid annotation sets nothing: without it, the settings are the same. A problem does
 * not repeat a long value.
 */
public final class AnnotationsFuzz {

  private static final String CONTAINER = "db";
  private static final int LONGEST_PROBLEM = 600;

  private AnnotationsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Map<String, String> written = new LinkedHashMap<>();
    for (String line : Inputs.text(input).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        written.put(line.substring(0, equals), line.substring(equals + 1).replace("\\n", "\n"));
      }
    }
    PodAnnotations read = read(written);
    Map<String, String> valid = new LinkedHashMap<>(written);
    for (Map.Entry<String, String> problem : read.problems().entrySet()) {
      check(written.containsKey(problem.getKey()), "a problem of no annotation", problem);
      check(problem.getKey().contains("rwop-guard.io/"), "a problem of another tool", problem);
      check(
          problem.getValue().length() <= LONGEST_PROBLEM + problem.getKey().length(),
          "a long problem",
          problem);
      valid.remove(problem.getKey());
    }
    same(withoutProblems(read), read(valid), "an invalid annotation sets something");
  }

  private static PodAnnotations read(Map<String, String> annotations) {
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = pod.putObject("metadata").putObject("annotations");
    annotations.forEach(metadata::put);
    pod.putObject("spec").putArray("containers").addObject().put("name", CONTAINER);
    return PodAnnotations.of(ObjectReader.read(Kind.POD, "shop", pod).podTemplate().orElseThrow());
  }

  private static PodAnnotations withoutProblems(PodAnnotations read) {
    return new PodAnnotations(
        read.leftAlone(),
        read.asksForMutation(),
        read.livenessFromReadiness(),
        read.liveness(),
        read.healthcheckFile(),
        read.healthcheckWrite(),
        read.grace(),
        read.gracePod(),
        read.preStop(),
        Map.of());
  }
}
