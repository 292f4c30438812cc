package io.rwopguard.failover.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.storage.VolumeAttachmentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.rwopguard.testing.apiserver.ApiServer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lists of a large cluster, which do not fit into memory many times over. */
class ClusterListsIT {

  private static final int COUNT = 501;
  private static final String LABEL = "cluster-lists-it";

  private final KubernetesClient direct = ApiServer.running().client();

  @BeforeEach
  void attach() {
    IntStream.range(0, COUNT)
        .parallel()
        .forEach(
            i ->
                direct
                    .resource(
                        new VolumeAttachmentBuilder()
                            .withNewMetadata()
                            .withName(LABEL + "-" + i)
                            .addToLabels(LABEL, "")
                            .endMetadata()
                            .withNewSpec()
                            .withAttacher("lists.csi.example.org")
                            .withNodeName(i == COUNT - 1 ? "other-node" : "listed-node")
                            .withNewSource()
                            .withPersistentVolumeName("volume-" + i)
                            .endSource()
                            .endSpec()
                            .build())
                    .create());
  }

  @AfterEach
  void detach() {
    direct.storage().v1().volumeAttachments().withLabel(LABEL).delete();
  }

  @Test
  void the_attachments_of_a_node_are_listed_page_by_page() {
    List<String> requests = Collections.synchronizedList(new ArrayList<>());
    Interceptor recorder =
        new Interceptor() {
          @Override
          public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            requests.add(request.uri().toString());
          }
        };
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(direct.getConfiguration())
            .withHttpClientBuilderConsumer(
                builder -> builder.addOrReplaceInterceptor("recorder", recorder))
            .build()) {
      FailoverStore objects = new FailoverStore(new KubernetesClusterApi(client), () -> true);
      assertThat(objects.attachmentsOn("listed-node")).hasSize(COUNT - 1);
    }
    assertThat(requests)
        .filteredOn(each -> each.contains("volumeattachments"))
        .hasSizeBetween(2, 3);
    assertThat(requests).allMatch(each -> each.contains("limit=500"));
  }
}
