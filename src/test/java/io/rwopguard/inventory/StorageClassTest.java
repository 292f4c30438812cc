package io.rwopguard.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Checks which of several default classes a claim gets. */
class StorageClassTest {

  private static final String CLASS =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata:
        name: %s
        creationTimestamp: "%s"
        annotations: {%s: "%s"}
      provisioner: example.org
      """;
  private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class";
  private static final String BETA = "storageclass.beta.kubernetes.io/is-default-class";

  private static String named(String name, String created, String annotation, String value) {
    return CLASS.formatted(name, created, annotation, value);
  }

  private static String chosen(String... classes) {
    return StorageClass.defaultOf(
            Arrays.stream(classes).map(Manifests::parse).map(StorageClass::of))
        .map(StorageClass::name)
        .orElse("none");
  }

  /** k3s has local-path as a default class, and Longhorn's chart creates a second one. */
  @Test
  void the_newest_is_taken_and_of_two_of_a_moment_the_first_by_name() {
    String old = named("local-path", "2024-01-01T00:00:00Z", DEFAULT, "true");
    String young = named("longhorn", "2025-01-01T00:00:00Z", DEFAULT, "true");
    assertThat(chosen(old, young)).isEqualTo("longhorn");
    assertThat(chosen(young, old)).isEqualTo("longhorn");
    String twin = named("ebs", "2025-01-01T00:00:00Z", DEFAULT, "true");
    assertThat(chosen(young, twin, old)).isEqualTo("ebs");
  }

  @Test
  void the_first_name_of_the_annotation_counts_and_another_value_does_not() {
    assertThat(chosen(named("a", "2025-01-01T00:00:00Z", BETA, "true"))).isEqualTo("a");
    assertThat(chosen(named("a", "2025-01-01T00:00:00Z", DEFAULT, "false"))).isEqualTo("none");
    assertThat(chosen()).isEqualTo("none");
  }

  @Test
  void does_not_know_which_of_two_in_manifests_will_be_newer() {
    ManifestInventory inventory = new ManifestInventory(new EmptyInventory());
    inventory.addOther(Manifests.parse(named("a", "", DEFAULT, "true")));
    assertThat(inventory.defaultStorageClass().value()).map(StorageClass::name).hasValue("a");
    inventory.addOther(Manifests.parse(named("b", "", DEFAULT, "true")));
    assertThat(inventory.defaultStorageClass().value()).isEmpty();
  }
}
