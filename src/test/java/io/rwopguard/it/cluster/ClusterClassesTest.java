package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.OnRealCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two test classes that use the one real cluster at the same time would fail at random. */
class ClusterClassesTest {

  private static final Path SOURCES = Path.of("src/test/java/io/rwopguard/it/cluster");

  @Test
  void each_class_on_the_real_cluster_says_when_it_may_run() throws Exception {
    List<String> names;
    try (Stream<Path> files = Files.list(SOURCES)) {
      names =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith("OnClusterIT.java"))
              .map(file -> file.replace(".java", ""))
              .toList();
    }
    assertThat(names).hasSizeGreaterThan(10);
    for (String name : names) {
      Class<?> test = Class.forName("io.rwopguard.it.cluster." + name);
      assertThat(
              test.isAnnotationPresent(OnRealCluster.class)
                  || test.isAnnotationPresent(OnQuietMachine.class))
          .as("%s needs @OnRealCluster, or @OnQuietMachine if it measures times", name)
          .isTrue();
    }
  }
}
