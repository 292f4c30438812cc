package io.rwopguard.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Sends a request that rwop-guard refuses as a dry run, until it is refused.
 *
 * <p>The request is a ReadWriteOncePod hostPath volume: the API server itself now refuses mixed
 * modes.
 */
@Command(
    name = "check-installation",
    description = "Sends a request that rwop-guard refuses, until it is refused.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:rwop-guard refused it, or warned about it.",
      "1:The API server did not call rwop-guard.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "It is a dry run: nothing is stored.",
      "",
      "  rwop-guard check-installation --kubeconfig ~/.kube/config"
    })
final class CheckInstallationCommand implements Callable<Integer> {

  @Mixin private ClusterOptions cluster;

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
   * The evaluation of one answer of the API server.
   *
   * @param exitCode the exit code if no other answer follows
   * @param isFinal whether another request would change nothing
   */
  record Verdict(int exitCode, boolean isFinal, String text) {}

  @Override
  public Integer call() {
    try (KubernetesClient client = cluster.client()) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      Verdict verdict = ask(client);
      String said = "";
      while (!verdict.isFinal() && System.nanoTime() < end) {
        if (!verdict.text().equals(said)) {
          said = verdict.text();
          System.out.println("not yet: " + said);
        }
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        verdict = ask(client);
      }
      boolean works = verdict.exitCode() == ExitCodes.DONE;
      System.out.println((works ? "rwop-guard works: " : "FAILED: ") + verdict.text());
      return verdict.exitCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCodes.NOT_DONE;
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
      return unanswered("the API server cannot be reached: " + e.getCause().getMessage());
    } catch (TimeoutException e) {
      return unanswered("the API server did not answer within 30 s");
    }
  }

  static Verdict verdict(int code, String body, List<String> warnings) {
    String message = message(body);
    if (code == 403 && message.contains("rwop-guard.io\" denied the request")) {
      return works("it returned the expected refusal for the volume: " + message);
    }
    if (code / 100 == 2) {
      return warnings.stream().anyMatch(warning -> warning.contains(RULE))
          ? works("it returned the expected warning for the volume")
          : new Verdict(
              ExitCodes.NOT_DONE,
              false,
              "the API server accepted a volume that rwop-guard refuses. Either the API server does"
                  + " not reach the service (its log then says \"failed calling webhook\"; open"
                  + " ports.https of the chart, 10250 by default, from the control plane to the"
                  + " Pods, and set hostNetwork only if it has no route to them), the service's"
                  + " Pods are not ready, or the rule csi-only is disabled");
    }
    if (code == 401 || code == 403 || code == 422) {
      // another request would not change that
      return new Verdict(
          ExitCodes.NOT_ASKED, true, "the API server itself refused the request: " + message);
    }
    String answer = "the API server answered %d: %s".formatted(code, message);
    return message.contains("failed calling webhook")
        ? new Verdict(ExitCodes.NOT_DONE, false, answer)
        : unanswered(answer);
  }

  private static Verdict works(String text) {
    return new Verdict(ExitCodes.DONE, true, text);
  }

  private static Verdict unanswered(String text) {
    return new Verdict(ExitCodes.NOT_ASKED, false, text);
  }

  private static String message(String body) {
    try {
      return new JsonMapper().readTree(body).path("message").asText(body);
    } catch (JsonProcessingException notJson) {
      return body;
    }
  }
}
