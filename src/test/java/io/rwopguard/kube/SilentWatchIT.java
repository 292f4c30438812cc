package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.network.StallingProxy;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests a watch whose connection hangs while its peer still acknowledges, so that no keepalive of
 * the kernel ends it. A load balancer whose server is gone behaves like this.
 */
@OnSecondApiServer
class SilentWatchIT {

  private static final int LONGEST_SILENCE_SECONDS = 3;
  private static final ResourceDefinitionContext CONFIG_MAPS =
      new ResourceDefinitionContext.Builder()
          .withVersion("v1")
          .withKind("ConfigMap")
          .withPlural("configmaps")
          .withNamespaced(true)
          .build();

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private static void create(String name) {
    ApiServer.running()
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .endMetadata()
                .build())
        .create();
  }

  private static void await(WatchedResource<String> watched, String name) {
    Awaitility.await(name)
        .atMost(Duration.ofSeconds(30))
        .until(() -> watched.get("default/" + name).isPresent());
  }

  @Test
  void is_noticed_by_its_silence_and_continues_on_a_new_connection() throws Exception {
    String kubeconfig = Files.readString(ApiServer.running().kubeconfig());
    URI server = URI.create(Config.fromKubeconfig(kubeconfig).getMasterUrl());
    try (StallingProxy proxy = new StallingProxy(server);
        KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(
                    Config.fromKubeconfig(
                        kubeconfig.replace(":" + server.getPort(), ":" + proxy.port())))
                .withHttpClientFactory(new NativeTlsClients(vertx, true, LONGEST_SILENCE_SECONDS))
                .build()) {
      WatchedResource<String> watched =
          new WatchedResource<>(
              client,
              CONFIG_MAPS,
              object -> Optional.of(object.path("metadata").path("name").asText()),
              (before, after) -> {});
      watched.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(watched::hasSynced);
      // known by the watch, not by the list: the watch is open
      create("silent-watch-1");
      await(watched, "silent-watch-1");

      assertThat(proxy.stall()).isPositive();
      create("silent-watch-2");
      await(watched, "silent-watch-2");
      watched.stop();
    }
  }
}
