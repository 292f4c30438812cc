package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.KnownBehavior;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.docs.tables.DriverExample;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what the documents and the chart state of drivers with what is known of them. */
class DriverExamplesTest {

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    documents.add(Path.of("README.md"));
    documents.add(Path.of("charts/rwop-guard/values.yaml"));
    documents.add(Path.of("charts/rwop-guard/README.md"));
    try (Stream<Path> files = Files.walk(Path.of("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
    }
    return documents;
  }

  /** Returns what is wrong with the examples in a text. */
  private static List<String> problems(String text) {
    return DriverExample.in(text).stream().flatMap(example -> problem(example).stream()).toList();
  }

  private static Optional<String> problem(DriverExample example) {
    Optional<DriverKnowledge> known = Drivers.of(example.driver());
    if (known.isEmpty()) {
      return Optional.of("nothing is known of " + example.driver());
    }
    DriverKnowledge driver = known.get();
    JsonNode states = example.states();
    VolumeRelease release =
        VolumeRelease.valueOf(
            states.path("release").asText().toUpperCase(Locale.ROOT).replace('-', '_'));
    boolean revokes = states.path("revokesOnUnpublish").asBoolean();
    boolean against = states.path("againstKnownBehavior").asBoolean();
    if (revokes && KnownBehavior.contradicts(driver, release) != against) {
      return Optional.of(example.driver() + " does not revoke access with release " + release);
    }
    if (states.path("stoppedByFence").asBoolean() && driver.revocation() == Revocation.NEVER) {
      return Optional.of("no other node can mount a volume of " + example.driver());
    }
    if (states.path(DriverExample.NETWORK_FENCE).asBoolean() && !driver.networkFence()) {
      return Optional.of("no NetworkFence blocks a node from " + example.driver());
    }
    if (states.path(DriverExample.TOLERATED).asBoolean()
        && KnownBehavior.contradicts(driver, VolumeRelease.POD_ONLY)) {
      return Optional.of(example.driver() + " does not revoke access on every unpublish");
    }
    return Optional.empty();
  }

  @Test
  void every_example_is_about_a_known_driver_and_contradicts_nothing() throws IOException {
    for (Path document : documents()) {
      assertThat(problems(Files.readString(document))).as(document.toString()).isEmpty();
    }
  }

  @Test
  void the_examples_that_there_are_today_are_found() throws IOException {
    assertThat(DriverExample.in(Files.readString(Path.of("docs/guides/failover.md")))).hasSize(3);
    // two each, as properties and as values of the chart
    assertThat(DriverExample.in(Files.readString(Path.of("docs/guides/fencing.md")))).hasSize(4);
    assertThat(DriverExample.in(Files.readString(Path.of("charts/rwop-guard/values.yaml"))))
        .hasSize(1);
    assertThat(DriverExample.in(Files.readString(Path.of("charts/rwop-guard/README.md"))))
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "```yaml\ndrivers:\n  ebs.csi.aws.com: {revokesOnUnpublish: true, release: volume}\n```",
        "```yaml\ndrivers:\n  ebs.csi.aws.com: {release: volume, revokesOnUnpublish: true}\n```",
        "```yaml\ndrivers:\n  \"ebs.csi.aws.com\":\n    release: volume\n    revokesOnUnpublish: true\n```",
        "  # drivers:\n  #   ebs.csi.aws.com:\n  #     revokesOnUnpublish: true\n  drivers: {}\n",
        "```properties\nrwop-guard.failover.drivers.\"ebs.csi.aws.com\".revokes-on-unpublish=true\n```",
        "settings: `rwop-guard.failover.drivers.\"ebs.csi.aws.com\".revokes-on-unpublish: true`",
        "helm install --set 'failover.drivers.ebs\\.csi\\.aws\\.com.revokesOnUnpublish=true' x",
        "java -Drwop-guard.failover.drivers.'ebs.csi.aws.com'.revokes-on-unpublish=true -jar x",
        "State `revokesOnUnpublish: true` of `ebs.csi.aws.com`.",
        "| `ebs.csi.aws.com` | `revokes-on-unpublish` | `volume` |",
        "| `rbd.csi.ceph.com` | `revokesOnUnpublish` | `volume` |",
        "```yaml\nfailover:\n  mode: enforce\n  release: volume\n  drivers:\n    rbd.csi.ceph.com: {revokesOnUnpublish: true}\n```",
        "```\nfailover.release=volume\nfailover.drivers.\"rbd.csi.ceph.com\".revokes-on-unpublish=true\n```",
        "rwop-guard.failover.drivers.\"pd.csi.storage.gke.io\".against-known-behavior=true rwop-guard.failover.drivers.\"pd.csi.storage.gke.io\".revokes-on-unpublish=true",
        "```yaml\nnobody.knows.example.org: {stoppedByFence: true}\n```",
        "```yaml\nfences:\n  a: {type: network-fence, drivers: [nfs.csi.k8s.io]}\n```",
        "```\nfences.a.type=network-fence\nfences.a.drivers=nfs.csi.k8s.io\n```",
        "`rwop-guard.tolerations.revoking-drivers=ebs.csi.aws.com`",
        "--set 'settings.rwop-guard.tolerations.revoking-drivers=ebs.csi.aws.com'",
      })
  void an_example_that_contradicts_what_is_known_is_found_in_every_form(String text) {
    assertThat(problems(text)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "```yaml\nfailover:\n  release: out-of-service\n  drivers:\n    rbd.csi.ceph.com: {revokesOnUnpublish: true}\n```",
        "```\ndrivers.\"rbd.csi.ceph.com\".revokes-on-unpublish=true\ndrivers.\"rbd.csi.ceph.com\".release=out-of-service\n```",
        "| `rbd.csi.ceph.com` | `revokesOnUnpublish` | `out-of-service` |",
        "--set 'failover.drivers.pd\\.csi\\.storage\\.gke\\.io.revokesOnUnpublish=true'",
        "```yaml\nebs.csi.aws.com:\n  revokesOnUnpublish: true\n  againstKnownBehavior: true\n```",
        "```yaml\nfences:\n  a: {type: network-fence, drivers: [rbd.csi.ceph.com]}\n```",
        "rwop-guard.tolerations.revoking-drivers=pd.csi.storage.gke.io",
      })
  void an_example_that_agrees_is_found_and_accepted(String text) {
    assertThat(DriverExample.in(text)).hasSize(1);
    assertThat(problems(text)).isEmpty();
  }
}
