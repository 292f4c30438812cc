package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.PackagedJars;
import io.rwopguard.testing.process.Sbom;
import io.rwopguard.testing.process.Sbom.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the licenses of all packaged JARs, and generates the list of them. */
class ThirdPartyIT {

  private static final Path LIST = Path.of("THIRD-PARTY.md");
  private static final Path NOTICE = Path.of("NOTICE");

  /**
   * Licenses under which the service may be distributed. If a JAR has several, one of them has to
   * be here: its authors let users choose.
   */
  private static final Set<String> ALLOWED =
      Set.of("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "EPL-2.0", "MIT", "MIT-0");

  /** The text of the first is the file LICENSE. The others ask for no copy of theirs. */
  private static final Set<String> NEED_NO_TEXT = Set.of("Apache-2.0", "CC0-1.0", "MIT-0");

  /** SPDX expressions for what the SBOM has instead. */
  private static final Map<String, String> SPDX =
      Map.of(
          // the text in org.bouncycastle.LICENSE is that of MIT
          "Bouncy Castle Licence",
          "MIT",
          // the old identifier of SPDX
          "GPL-2.0-with-classpath-exception",
          "GPL-2.0-only WITH Classpath-exception-2.0");

  private static final Pattern TEXT =
      Pattern.compile("(?i)(.*/)?(licen[cs]e|copying)[^/]*(?<!\\.class)");

  /** Returns the SPDX expressions between which a user of the JAR may choose. */
  private static List<String> choices(Component component) {
    return component.licenses().stream()
        .map(name -> SPDX.getOrDefault(name, name))
        // an expression in parentheses is no choice between names
        .flatMap(name -> name.contains("(") ? Stream.of(name) : Stream.of(name.split(" OR ")))
        .toList();
  }

  private static List<String> allowed(Component component) {
    return choices(component).stream().filter(ALLOWED::contains).toList();
  }

  @Test
  void every_jar_has_a_license_under_which_it_may_be_distributed() throws IOException {
    List<String> refused = new ArrayList<>();
    for (Component component : Sbom.components().values()) {
      if (allowed(component).isEmpty()) {
        refused.add("%s: %s".formatted(component.id(), choices(component)));
      }
    }
    assertThat(refused).as("JARs with no license of %s", ALLOWED).isEmpty();
  }

  @Test
  void a_license_that_is_not_in_the_list_is_refused() {
    for (List<String> licenses :
        List.of(
            List.<String>of(),
            List.of("AGPL-3.0-only"),
            List.of("GPL-2.0-with-classpath-exception"),
            List.of("Apache-2.0 AND LGPL-2.1-only"),
            List.of("Some Licence"))) {
      Component component = new Component("g", "n", "1", "", "", licenses);
      assertThat(allowed(component)).as("%s", licenses).isEmpty();
    }
    Component both =
        new Component("g", "n", "1", "", "", List.of("LGPL-2.1-only OR Apache-2.0", "Other"));
    assertThat(allowed(both)).containsExactly("Apache-2.0");
  }

  @Test
  void the_text_of_every_license_is_in_the_jar_or_in_the_notice() throws IOException {
    String notice = Files.readString(NOTICE);
    Map<String, Component> components = Sbom.components();
    List<String> missing = new ArrayList<>();
    List<String> needless = new ArrayList<>();
    for (Path jar : PackagedJars.all()) {
      Component component = components.get(jar.getFileName().toString());
      boolean needed = allowed(component).stream().noneMatch(NEED_NO_TEXT::contains);
      boolean here = PackagedJars.entries(jar).stream().anyMatch(e -> TEXT.matcher(e).matches());
      boolean noted = notice.contains("\n" + component.id() + "\n");
      if (needed && !here && !noted) {
        missing.add(component.id());
      } else if (noted && (here || !needed)) {
        needless.add(component.id());
      }
    }
    assertThat(missing).as("JARs without a text, to be added to %s", NOTICE).isEmpty();
    assertThat(needless).as("JARs that %s need not name", NOTICE).isEmpty();
  }

  /** Run with {@code -DargLine=-Ddocs.update=true} to write the list again. */
  @Test
  void the_list_names_every_jar_with_its_version_and_license() throws IOException {
    StringBuilder table = new StringBuilder("| JAR | version | license (SPDX) |\n|---|---|---|\n");
    Sbom.components().values().stream()
        .sorted(Comparator.comparing(Component::id))
        .forEach(
            each ->
                table.append(
                    "| `%s` | %s | %s |%n"
                        .formatted(each.id(), each.version(), String.join(" OR ", choices(each)))));
    DocumentsTest.holds(LIST, "third-party", table.toString());
  }
}
