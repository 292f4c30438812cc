package io.rwopguard.fuzz;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Runs each fuzz target on its corpus. {@code src/fuzz/run} looks for other inputs. */
class CorpusTest {

  private static final Path TARGETS = Path.of("src/fuzz/java");
  private static final Path CORPORA = Path.of("src/test/resources/fuzz");
  private static final String SUFFIX = "Fuzz.java";

  /** The limit of all corpora together, so that they stay small. */
  private static final long LARGEST = 100_000;

  @TestFactory
  Stream<DynamicNode> each_property_holds_for_its_corpus() throws IOException {
    return targets().entrySet().stream()
        .map(
            target ->
                dynamicContainer(
                    target.getKey(),
                    inputs(target.getKey()).stream()
                        .map(
                            input ->
                                dynamicTest(
                                    input.getFileName().toString(),
                                    () -> run(target.getValue(), Files.readAllBytes(input))))));
  }

  @Test
  void each_target_has_a_corpus_and_each_corpus_a_target() throws IOException {
    Map<String, String> targets = targets();
    assertThat(targets).hasSizeGreaterThanOrEqualTo(10);
    assertThat(list(CORPORA).stream().map(folder -> folder.getFileName().toString()))
        .containsExactlyInAnyOrderElementsOf(targets.keySet());
    assertThat(targets.keySet()).allSatisfy(name -> assertThat(inputs(name)).isNotEmpty());
  }

  @Test
  void the_corpora_are_small() throws IOException {
    try (Stream<Path> files = Files.walk(CORPORA)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(LARGEST);
    }
  }

  private static void run(String type, byte[] input) throws Throwable {
    Method target = Class.forName(type).getMethod("fuzzerTestOneInput", byte[].class);
    try {
      target.invoke(null, (Object) input);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** Returns the classes of the targets, by the names that {@code src/fuzz/run} takes. */
  private static Map<String, String> targets() throws IOException {
    try (Stream<Path> files = Files.walk(TARGETS)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .map(file -> TARGETS.relativize(file).toString())
          .collect(
              toMap(
                  CorpusTest::name,
                  file -> file.replace(".java", "").replace('/', '.'),
                  (one, other) -> one,
                  TreeMap::new));
    }
  }

  private static String name(String file) {
    return file.substring(file.lastIndexOf('/') + 1)
        .replace(SUFFIX, "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  private static List<Path> inputs(String target) {
    return list(CORPORA.resolve(target));
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(folder + " is missing", e);
    }
  }
}
