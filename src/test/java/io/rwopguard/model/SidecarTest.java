package io.rwopguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.Sidecar.Image;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarTest {

  @ParameterizedTest
  @CsvSource({
    "registry.k8s.io/sig-storage/csi-provisioner:v2.2.2,             PROVISIONER, true",
    "registry.k8s.io/sig-storage/csi-provisioner:v3.0.0,             PROVISIONER, false",
    "registry.k8s.io/sig-storage/csi-provisioner:v5.1.0,             PROVISIONER, false",
    "quay.io/k8scsi/csi-attacher:v3.2.1,                             ATTACHER,    true",
    "quay.io/k8scsi/csi-attacher:v3.3.0,                             ATTACHER,    false",
    "csi-attacher:3.10,                                              ATTACHER,    false",
    "registry.k8s.io/sig-storage/csi-resizer:v1.2.0,                 RESIZER,     true",
    "registry.k8s.io/sig-storage/csi-resizer:v1.13.2,                RESIZER,     false",
    "registry.k8s.io/sig-storage/csi-resizer:v0.5.0,                 RESIZER,     true",
    "rancher/mirrored-longhornio-csi-provisioner:v2.1.2,             PROVISIONER, true",
    "rancher/mirrored-sig-storage-csi-resizer:v1.2.0,                RESIZER,     true",
    "cache.example.org/registry.k8s.io_sig-storage_csi-attacher:v3.0.0, ATTACHER, true",
    "cache.example.org:5000/sig-storage/csi-provisioner-arm64:v2.0.0, PROVISIONER, true",
    "public.ecr.aws/eks-distro/kubernetes-csi/external-provisioner:v2.1.1-eks-1-18-1, PROVISIONER, true",
    "gke.gcr.io/csi-provisioner:v3.4.0-gke.0,                        PROVISIONER, false",
    "vmware.io/csi-provisioner:v2.2.0_vmware.1,                      PROVISIONER, true",
    "registry.k8s.io/sig-storage/csi-provisioner:v2.2.2@sha256:abc,  PROVISIONER, true",
  })
  void an_image_says_which_sidecar_it_is_and_whether_that_is_too_old(
      String reference, Sidecar sidecar, boolean tooOld) {
    Image image = Image.of(reference).orElseThrow();
    assertThat(image.sidecar()).isEqualTo(sidecar);
    assertThat(image.isTooOld()).contains(tooOld);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.k8s.io/sig-storage/csi-provisioner",
        "registry.k8s.io/sig-storage/csi-provisioner:canary",
        "registry.k8s.io/sig-storage/csi-provisioner:3",
        "registry.k8s.io:5000/sig-storage/csi-provisioner@sha256:abc",
        "registry.k8s.io/sig-storage/csi-provisioner:20230101",
        // OpenShift's version, which would be too old or new enough by chance
        "registry.redhat.io/openshift4/ose-csi-external-attacher-rhel8:v4.12",
        "quay.io/openshift/origin-csi-external-resizer:1.0"
      })
  void a_tag_that_is_no_version_says_nothing_of_its_age(String reference) {
    assertThat(Image.of(reference).orElseThrow().isTooOld()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "postgres:16",
        "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.0.0",
        "registry.k8s.io/sig-storage/livenessprobe:v2.0.0",
        "registry.k8s.io/sig-storage/csi-snapshotter:v1.0.0",
        "example.org/hostpath-csi-provisioner:v0.1",
        "example.org/csi-provisioner-exporter:v0.1",
        "quay.io/external_storage/nfs-client-provisioner:v2.0",
        "example.org/efs/external-provisioner:v2.0",
        "example.org/csi-provisioner/proxy:v1.0"
      })
  void another_program_is_none_of_them(String reference) {
    assertThat(Image.of(reference)).isEmpty();
  }

  @Test
  void names_the_first_version_by_its_tag() {
    assertThat(Sidecar.ATTACHER.first()).isEqualTo("v3.3.0");
    assertThat(Sidecar.ATTACHER).hasToString("csi-attacher");
  }
}
