package io.rwopguard.testing.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** JARs of other projects in the packaged service. */
public final class PackagedJars {

  public static final Path APP = Path.of("target/quarkus-app");

  private PackagedJars() {}

  public static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.walk(APP.resolve("lib"))) {
      List<Path> jars = files.filter(Files::isRegularFile).sorted().toList();
      assertThat(jars).hasSizeGreaterThan(100).allMatch(jar -> jar.toString().endsWith(".jar"));
      return jars;
    }
  }

  /** Returns the paths of the files in a JAR. */
  public static List<String> entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.stream().map(ZipEntry::getName).toList();
    }
  }
}
