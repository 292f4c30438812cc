package io.rwopguard.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.Manifests;
import io.rwopguard.inventory.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InTreeSourceTest {

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
    ObjectNode volume = volume(source.field());
    assertThat(InTreeSource.of(volume.path("spec"))).contains(source);
    assertThat(InTreeSource.ofField(source.field())).contains(source);
    assertThat(InTreeSource.ofProvisioner(source.provisioner())).contains(source);
    assertThat(Volume.of(Manifests.facts(volume)).csiDriver()).contains(source.driver());
  }

  @Test
  void what_no_driver_serves_is_none() {
    for (String other : new String[] {"csi", "hostPath", "rbd", "cephfs", "glusterfs", "nfs"}) {
      ObjectNode volume = volume(other);
      assertThat(InTreeSource.of(volume.path("spec"))).as(other).isEmpty();
      assertThat(Volume.of(Manifests.facts(volume)).csiDriver()).as(other).isEmpty();
    }
    assertThat(InTreeSource.ofProvisioner("kubernetes.io/no-provisioner")).isEmpty();
  }

  /** The policy denies by the object alone what no CSI driver serves. */
  @ParameterizedTest
  @EnumSource(InTreeSource.class)
  void the_chart_s_policy_does_not_deny_it(InTreeSource source) throws IOException {
    assertThat(Files.readString(Path.of("charts/rwop-guard/templates/policies.yaml")))
        .contains("\"glusterfs\"")
        .doesNotContain("\"%s\"".formatted(source.field()));
  }
}
