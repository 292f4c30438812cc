package io.rwopguard.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Asks the API server for something that rwop-guard refuses, as a dry run, until it is refused. A
 * ReadWriteOncePod hostPath volume: mixed modes are refused by the API server itself by now.
 */
@Command(
    name = "check-installation",
    description = "Asks the API server for something that rwop-guard refuses, until it is refused.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "It is a dry run: nothing is stored. Exit code 0 if it was refused or warned of, 1 if not.",
      "",
      "  rwop-guard check-installation --kubeconfig ~/.kube/config"
    })
final class CheckInstallation implements Callable<Integer> {

  @Mixin private Cluster cluster;

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final String RULE = "(csi-only)";
  private static final String VOLUME =
      """
      {"apiVersion": "v1", "kind": "PersistentVolume",
       "metadata": {"generateName": "rwop-guard-check-"},
       "spec": {"accessModes": ["ReadWriteOncePod"], "capacity": {"storage": "1Gi"},
                "hostPath": {"path": "/rwop-guard-check"}}}""";

  /**
   * What one answer of the API server says.
   *
   * @param works whether rwop-guard has been asked; empty if that may still come right
   */
  record Verdict(Optional<Boolean> works, String text) {}

  @Override
  public Integer call() {
    try (KubernetesClient client = cluster.client()) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      Verdict verdict = ask(client);
      String said = "";
      while (verdict.works().isEmpty() && System.nanoTime() < end) {
        if (!verdict.text().equals(said)) {
          said = verdict.text();
          System.out.println("not yet: " + said);
        }
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        verdict = ask(client);
      }
      boolean works = verdict.works().orElse(false);
      System.out.println((works ? "rwop-guard works: " : "FAILED: ") + verdict.text());
      return works ? 0 : 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static Verdict ask(KubernetesClient client) throws InterruptedException {
    HttpRequest request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(
                URI.create(client.getMasterUrl() + "/")
                    .resolve("api/v1/persistentvolumes?dryRun=All"))
            .post("application/json", VOLUME)
            .build();
    try {
      HttpResponse<String> response =
          client.getHttpClient().sendAsync(request, String.class).get(30, TimeUnit.SECONDS);
      return verdict(response.code(), response.body(), response.headers("Warning"));
    } catch (ExecutionException e) {
      return later("the API server cannot be reached: " + e.getCause().getMessage());
    } catch (TimeoutException e) {
      return later("the API server did not answer within 30 s");
    }
  }

  static Verdict verdict(int code, String body, List<String> warnings) {
    String message = message(body);
    if (code == 403 && message.contains("rwop-guard.io\" denied the request")) {
      return new Verdict(Optional.of(true), "it refused a volume that it should: " + message);
    }
    if (code / 100 == 2) {
      return warnings.stream().anyMatch(warning -> warning.contains(RULE))
          ? new Verdict(Optional.of(true), "it warned of a volume that it should warn of")
          : later(
              "a volume that rwop-guard refuses was let through. Either the API server does not reach"
                  + " the service (its log then says \"failed calling webhook\"; is the network between"
                  + " control plane and Pods open? value hostNetwork), the service's Pods are not"
                  + " ready, or the rule csi-only is switched off");
    }
    if (code == 401 || code == 403 || code == 422) {
      // asking again would not change that
      return new Verdict(
          Optional.of(false), "the API server itself refused the question: " + message);
    }
    return later("the API server answered %d: %s".formatted(code, message));
  }

  private static Verdict later(String text) {
    return new Verdict(Optional.empty(), text);
  }

  private static String message(String body) {
    try {
      return new JsonMapper().readTree(body).path("message").asText(body);
    } catch (JsonProcessingException notJson) {
      return body;
    }
  }
}
