package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.inventory.Volume;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InTreeSourceTest {

  /** Marks it as the PersistentVolume controller marks a volume that was provisioned. */
  private static ObjectNode marked(InTreeSource source) {
    ObjectNode volume = volume(source.field());
    volume.withObject("/metadata/annotations").put("pv.kubernetes.io/migrated-to", source.driver());
    return volume;
  }

  private static ObjectNode volume(String source) {
    ObjectNode volume = new JsonMapper().createObjectNode();
    volume.put("apiVersion", "v1").put("kind", "PersistentVolume");
    volume.putObject("metadata").put("name", "data");
    ObjectNode spec = volume.putObject("spec");
    spec.putArray("accessModes").add("ReadWriteOncePod");
    spec.putObject(source);
    return volume;
  }

  @ParameterizedTest
  @EnumSource(InTreeSource.class)
  void the_driver_that_serves_it_is_the_volume_s(InTreeSource source) {
    ObjectNode volume = marked(source);
    assertThat(InTreeSource.of(volume)).contains(source);
    assertThat(InTreeSource.ofField(source.field())).contains(source);
    assertThat(InTreeSource.ofProvisioner(source.provisioner())).contains(source);
    assertThat(Volume.of(Manifests.facts(volume)).csiDriver()).contains(source.driver());
  }

  @Test
  void a_source_that_no_driver_serves_is_none() {
    for (String other : new String[] {"csi", "hostPath", "rbd", "cephfs", "glusterfs", "nfs"}) {
      ObjectNode volume = volume(other);
      assertThat(InTreeSource.of(volume)).as(other).isEmpty();
      assertThat(Volume.of(Manifests.facts(volume)).csiDriver()).as(other).isEmpty();
    }
    assertThat(InTreeSource.ofProvisioner("kubernetes.io/no-provisioner")).isEmpty();
  }

  /** Kubernetes 1.30 serves Portworx by CSI only if a feature gate says so. */
  @ParameterizedTest
  @EnumSource(InTreeSource.class)
  void a_volume_without_a_mark_is_served_unless_it_is_of_portworx(InTreeSource source) {
    ObjectNode volume = volume(source.field());
    boolean isServed = source != InTreeSource.PORTWORX_VOLUME;
    assertThat(InTreeSource.of(volume).isPresent()).isEqualTo(isServed);
    assertThat(Volume.of(Manifests.facts(volume)).csiDriver().isPresent()).isEqualTo(isServed);
    volume.withObject("/metadata/annotations").put("pv.kubernetes.io/migrated-to", "other");
    assertThat(InTreeSource.of(volume).isPresent()).isEqualTo(isServed);
  }

  /** The policy denies by the object alone what no CSI driver serves. */
  @ParameterizedTest
  @EnumSource(InTreeSource.class)
  void the_policy_of_the_chart_does_not_deny_it(InTreeSource source) throws IOException {
    assertThat(Files.readString(Path.of("charts/rwop-guard/templates/policies.yaml")))
        .contains("\"glusterfs\"")
        .doesNotContain("\"%s\"".formatted(source.field()));
  }
}
