package io.rwopguard.failover.eligibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.cluster.MemoryCluster;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks which volumes without a claim an old instance could continue to write to. */
class InlineVolumesTest {

  /** Sources of which each takes only the fields that make it valid, beside readOnly. */
  private static final String CSV =
      """
      nfs, "'server':'10.0.0.1','path':'/exports'"
      iscsi, "'targetPortal':'10.0.0.1','iqn':'iqn.2001-04.com.example:disk','lun':0"
      csi, "'driver':'smb.csi.k8s.io'"
      rbd, "'monitors':['10.0.0.1'],'image':'data'"
      cephfs, "'monitors':['10.0.0.1']"
      glusterfs, "'endpoints':'cluster','path':'data'"
      fc, "'targetWWNs':['50060e801049cfd1'],'lun':0"
      azureFile, "'secretName':'account','shareName':'data'"
      azureDisk, "'diskName':'data','diskURI':'uri'"
      awsElasticBlockStore, "'volumeID':'vol-1'"
      gcePersistentDisk, "'pdName':'data'"
      cinder, "'volumeID':'1'"
      flexVolume, "'driver':'example/cifs'"
      portworxVolume, "'volumeID':'1'"
      quobyte, "'registry':'10.0.0.1:7861','volume':'data'"
      scaleIO, "'gateway':'https://10.0.0.1','system':'s'"
      storageos, "'volumeName':'data'"
      vsphereVolume, "'volumePath':'[a] data'"
      photonPersistentDisk, "'pdID':'1'"
      aSourceOfALaterVersion, "'server':'10.0.0.1'"
      """;

  private static List<String> shared(String volume, String containers) {
    return InlineVolumes.shared(
        MemoryCluster.tree("{'volumes':[%s],%s}".formatted(volume, containers)));
  }

  private static String mounting(String options) {
    return "'containers':[{'name':'db','volumeMounts':[{'name':'data','mountPath':'/data'%s}]}]"
        .formatted(options);
  }

  private static String volume(String source, String fields) {
    return "{'name':'data','%s':{%s}}".formatted(source, fields);
  }

  @ParameterizedTest
  @CsvSource(textBlock = CSV, quoteCharacter = '"')
  void storage_outside_the_node_is_shared(String source, String fields) {
    assertThat(shared(volume(source, fields), mounting("")))
        .containsExactly("volume data (%s)".formatted(source));
    assertThat(shared(volume(source, fields + ",'readOnly':false"), mounting(",'readOnly':false")))
        .hasSize(1);
    assertThat(shared(volume(source, fields), "'containers':[{'name':'db'}]"))
        .as("mounted by no container that is known, such as an ephemeral one to come")
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(textBlock = CSV, quoteCharacter = '"')
  void a_read_only_volume_is_not_written_to(String source, String fields) {
    assertThat(shared(volume(source, fields + ",'readOnly':true"), mounting(""))).isEmpty();
    assertThat(shared(volume(source, fields), mounting(",'readOnly':true"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"containers", "initContainers", "ephemeralContainers"})
  void one_container_that_may_write_is_enough(String kind) {
    String reader =
        "'containers':[{'name':'a','volumeMounts':[{'name':'data','mountPath':'/d','readOnly':true}]}%s]";
    String writer = "{'name':'b','volumeMounts':[{'name':'data','mountPath':'/d'}]}";
    String containers =
        kind.equals("containers")
            ? reader.formatted("," + writer)
            : "%s,'%s':[%s]".formatted(reader.formatted(""), kind, writer);
    assertThat(shared(volume("nfs", ""), containers)).containsExactly("volume data (nfs)");
  }

  @Test
  void a_block_device_is_written_to_whatever_else_mounts_it() {
    assertThat(
            shared(
                volume("iscsi", ""),
                "'containers':[{'name':'a','volumeMounts':[{'name':'data','mountPath':'/d','readOnly':true}],'volumeDevices':[{'name':'data','devicePath':'/dev/x'}]}]"))
        .containsExactly("volume data (iscsi)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "configMap",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "gitRepo",
        "hostPath",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret"
      })
  void a_volume_that_ends_with_the_pod_or_its_node_is_not_shared(String source) {
    assertThat(shared(volume(source, ""), mounting(""))).isEmpty();
  }

  @Test
  void each_shared_volume_is_named() {
    assertThat(
            InlineVolumes.shared(
                MemoryCluster.tree(
                    "{'volumes':[{'name':'a','nfs':{}},{'name':'b','emptyDir':{}},{'name':'c','cephfs':{}}]}")))
        .containsExactly("volume a (nfs)", "volume c (cephfs)");
    assertThat(InlineVolumes.shared(MemoryCluster.tree("{}"))).isEmpty();
  }
}
