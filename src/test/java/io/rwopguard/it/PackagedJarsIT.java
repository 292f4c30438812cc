package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.testing.process.PackagedJars;
import io.rwopguard.testing.process.Sbom;
import io.rwopguard.testing.process.Sbom.Component;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Checks the JARs of the packaged service, and its SBOM, which images of all architectures have.
 */
class PackagedJarsIT {

  /**
   * JARs that Quarkus rewrites, so that their checksums are not those that Maven repositories and
   * scanners know: application.properties removes the signatures of Bouncy Castle, and the
   * Kubernetes client's extension a file that names its default HTTP client.
   */
  private static final Set<String> REWRITTEN =
      Set.of(
          "io.fabric8:kubernetes-httpclient-vertx",
          "org.bouncycastle:bcpkix-jdk18on",
          "org.bouncycastle:bcprov-jdk18on",
          "org.bouncycastle:bcutil-jdk18on");

  private static final Pattern MACHINE_CODE = Pattern.compile(".*\\.(so|dll|dylib|jnilib)");

  /** Netty's BoringSSL has a JAR for each architecture, and both are packaged everywhere. */
  @Test
  void no_jar_but_that_of_boringssl_is_for_one_architecture() throws Exception {
    Set<String> found = new TreeSet<>();
    for (Path jar : PackagedJars.all()) {
      for (String entry : PackagedJars.entries(jar)) {
        if (MACHINE_CODE.matcher(entry).matches()) {
          found.add(entry);
        }
      }
    }
    assertThat(found)
        .containsExactly(
            "META-INF/native/libnetty_tcnative_linux_aarch_64.so",
            "META-INF/native/libnetty_tcnative_linux_x86_64.so");
  }

  @Test
  void the_sbom_lists_every_jar_and_no_other() throws Exception {
    assertThat(PackagedJars.all())
        .extracting(jar -> jar.getFileName().toString())
        .containsExactlyInAnyOrderElementsOf(Sbom.components().keySet());
  }

  @Test
  void the_jars_are_those_of_the_sbom_byte_for_byte_but_for_those_that_are_rewritten()
      throws Exception {
    Map<String, Component> listed = Sbom.components();
    Set<String> changed = new TreeSet<>();
    for (Path jar : PackagedJars.all()) {
      Component component = listed.get(jar.getFileName().toString());
      if (!component.sha256().equals(sha256(jar))) {
        changed.add(component.id());
      }
    }
    assertThat(changed).containsExactlyInAnyOrderElementsOf(REWRITTEN);
    assertThat(Files.readString(Path.of("THIRD-PARTY.md")))
        .as("the list tells users of them")
        .contains(REWRITTEN);
  }

  private static String sha256(Path file) throws Exception {
    byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(sum);
  }

  /** A serial number, or the time of the build, would make each build another one. */
  @Test
  void the_sbom_of_a_commit_is_always_the_same() throws Exception {
    JsonNode sbom = Sbom.read();
    assertThat(sbom.has("serialNumber")).isFalse();
    assertThat(sbom.at("/metadata/component/name").asText()).isEqualTo("rwop-guard");
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains(
            "<project.build.outputTimestamp>%s</project.build.outputTimestamp>"
                .formatted(sbom.at("/metadata/timestamp").asText()))
        .contains(
            "<version>%s</version>".formatted(sbom.at("/metadata/component/version").asText()));
  }
}
