package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.PackagedJars;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Checks the JARs of the packaged service, which images of all architectures contain. */
class PackagedJarsIT {

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
}
