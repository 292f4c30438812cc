package io.rwopguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks where the helpers of tests are, and that no test leaves state to the next one. */
class TestStructureTest {

  private static final Path SOURCES = Path.of("src/test/java");
  private static final Path HELPERS = SOURCES.resolve("io/rwopguard/testing");
  private static final Path TESTS = SOURCES.resolve("io/rwopguard/it");

  /** Static fields that change, with the reason. */
  private static final Map<String, String> MUTABLE =
      Map.of(
          "MigrationHeldIT.cluster", "its rows run at once, each in an instance of the class",
          "MigrationHeldIT.client", "as above",
          "MigrationHeldIT.losses", "as above",
          "RealCluster.started", "all classes of the run share the cluster",
          "RealCluster.whyNot", "as above",
          "BackgroundSimulation.started", "the listener starts it, and a test reads its result",
          "Logs.open", "the loggers of java.util.logging are static too",
          "Logs.before", "as above",
          "Logs.parents", "as above");

  /** Classes among the integration tests that are no tests, with the reason. */
  private static final Map<String, String> AMONG_TESTS =
      Map.of("FailoverScenario", "the base class of two of them");

  @Test
  void only_listed_static_fields_can_change() throws Exception {
    List<String> found = new ArrayList<>();
    for (Class<?> test : classes()) {
      Arrays.stream(test.getDeclaredFields())
          .filter(TestStructureTest::canChange)
          .map(field -> test.getSimpleName() + "." + field.getName())
          .forEach(found::add);
    }
    assertThat(found)
        .as(
            "mutable static fields; use instance fields and @TestInstance(PER_CLASS), or add a reason to the list")
        .containsExactlyInAnyOrderElementsOf(MUTABLE.keySet());
  }

  private static boolean canChange(Field field) {
    return Modifier.isStatic(field.getModifiers())
        && !Modifier.isFinal(field.getModifiers())
        && !field.isSynthetic()
        && !field.isAnnotationPresent(TempDir.class);
  }

  /** Returns the compiled tests, with all nested classes, none of them initialized. */
  private static List<Class<?>> classes() throws Exception {
    Path root =
        Path.of(
            TestStructureTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<?>> classes = new ArrayList<>();
    for (Path file : files(root, ".class")) {
      String name = root.relativize(file).toString().replace(".class", "").replace('/', '.');
      classes.add(Class.forName(name, false, TestStructureTest.class.getClassLoader()));
    }
    return classes;
  }

  @Test
  void helpers_are_apart_from_the_integration_tests() throws IOException {
    assertThat(
            files(TESTS, ".java").stream()
                .filter(file -> !file.startsWith(TESTS.resolve("scale")))
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .filter(name -> !name.endsWith("IT") && !name.endsWith("Test")))
        .as("helpers among the integration tests; move them to a package of io.rwopguard.testing")
        .containsExactlyInAnyOrderElementsOf(AMONG_TESTS.keySet());
  }

  @Test
  void helpers_use_no_test() throws IOException {
    assertThat(files(HELPERS, ".java"))
        .hasSizeGreaterThan(50)
        .allSatisfy(
            file ->
                assertThat(Files.readString(file))
                    .doesNotContain("import io.rwopguard.it.", "import io.rwopguard.docs."));
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }
}
