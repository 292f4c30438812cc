package io.rwopguard.migration.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClaimManifestTest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final String VOLUME =
      "{'metadata':{'name':'pv1'},'spec':{'storageClassName':'%s','capacity':{'storage':'1Gi'}}}";

  private static JsonNode json(String text) throws JsonProcessingException {
    return JSON.readTree(text.replace('\'', '"'));
  }

  @Test
  void keeps_what_its_author_wrote_and_not_what_controllers_wrote() throws Exception {
    JsonNode made =
        ClaimManifest.of(
            json(
                "{'metadata':{'name':'data','namespace':'shop','uid':'u','resourceVersion':'1',"
                    + "'finalizers':['kubernetes.io/pvc-protection','example.org/kept',"
                    + "'snapshot.storage.kubernetes.io/pvc-as-source-protection'],'labels':{'a':'b'},"
                    + "'annotations':{'c':'d','pv.kubernetes.io/bind-completed':'yes'}},"
                    + "'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':'fast',"
                    + "'volumeMode':'Block','dataSource':{'kind':'VolumeSnapshot','name':'s'},"
                    + "'resources':{'requests':{'storage':'1Gi'}},'volumeName':'pv1'},"
                    + "'status':{'phase':'Bound'}}"),
            json(VOLUME.formatted("fast")));
    assertThat(ClaimManifest.with(made, List.of("ReadWriteOncePod")))
        .isEqualTo(
            json(
                "{'apiVersion':'v1','kind':'PersistentVolumeClaim',"
                    + "'metadata':{'name':'data','namespace':'shop','labels':{'a':'b'},"
                    + "'finalizers':['example.org/kept'],'annotations':{'c':'d'}},"
                    // it has no effect any more, and who applies it may not change it
                    + "'spec':{'storageClassName':'fast','volumeMode':'Block',"
                    + "'dataSource':{'kind':'VolumeSnapshot','name':'s'},"
                    + "'resources':{'requests':{'storage':'1Gi'}},'volumeName':'pv1',"
                    + "'accessModes':['ReadWriteOncePod']}}"));
  }

  @Test
  void a_claim_without_a_class_gets_that_of_its_volume_and_not_the_default_one() throws Exception {
    JsonNode claim = json("{'metadata':{'name':'data','namespace':'shop'},'spec':{}}");
    assertThat(classOf(claim, "")).isEmpty();
    assertThat(classOf(claim, "slow")).isEqualTo("slow");
    JsonNode old =
        json(
            "{'metadata':{'name':'data','namespace':'shop',"
                + "'annotations':{'volume.beta.kubernetes.io/storage-class':'slow'}},'spec':{}}");
    assertThat(ClaimManifest.of(old, json(VOLUME.formatted("slow"))).path("spec"))
        .isEqualTo(json("{'volumeName':'pv1'}"));
  }

  private static String classOf(JsonNode claim, String ofVolume) throws Exception {
    JsonNode made = ClaimManifest.of(claim, json(VOLUME.formatted(ofVolume)));
    return made.path("spec").path("storageClassName").asText("none");
  }
}
