package io.rwopguard.it.scale;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client that asks the service for decisions and measures them. It asks for one after the other
 * over a connection that stays open. The Deployment in each names a claim that another uses, so
 * that claim, volume, namespace and users all have to be looked up.
 */
final class DecisionLoad {

  private static final Pattern DECISIONS =
      Pattern.compile(
          "rwop_guard_admission_duration_seconds_(sum|count)\\{outcome=\"allowed\",webhook=\"validate\"\\}"
              + " (\\S+)");

  private final ServiceProcess service;
  private final HttpClient client;
  private int asked;

  /**
   * Figures of a round, in microseconds.
   *
   * @param median of the round trips
   * @param p99 of the round trips
   * @param inside the mean of what the service says that a decision took it
   */
  public record Round(double median, double p99, double inside) {

    /** Returns the median of each figure over several rounds. */
    static Round median(List<Round> rounds) {
      return new Round(
          middle(rounds, Round::median), middle(rounds, Round::p99), middle(rounds, Round::inside));
    }

    private static double middle(List<Round> rounds, ToDoubleFunction<Round> figure) {
      return rounds.stream().mapToDouble(figure).sorted().toArray()[rounds.size() / 2];
    }
  }

  DecisionLoad(ServiceProcess service) throws Exception {
    this.service = service;
    client =
        HttpClient.newBuilder()
            .sslContext(Tls.trusting(service.ca()))
            .version(HttpClient.Version.HTTP_2)
            .build();
  }

  /** The requests about a cluster of this many claims. */
  public List<HttpRequest> about(int claims) {
    List<HttpRequest> requests = new ArrayList<>();
    for (int claim = 0; claim < claims; claim += LargeCluster.DEPLOYED) {
      // a dry run is decided like any other, but leaves no line in the log
      String review =
          """
          {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{
           "uid":"5f0c7f0e-3d0b-4f6a-9a55-0e6f1c2b7d41","operation":"CREATE","dryRun":true,
           "kind":{"group":"apps","version":"v1","kind":"Deployment"},
           "resource":{"group":"apps","version":"v1","resource":"deployments"},
           "namespace":"%s","name":"newcomer","object":%s}}
          """
              .formatted(
                  LargeCluster.namespace(claim),
                  Serialization.asJson(LargeCluster.deployment("newcomer", claim)));
      requests.add(
          HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(review))
              .build());
    }
    return requests;
  }

  /** Returns whether the service knows of all these claims that they are in use. */
  boolean knowsUsers(List<HttpRequest> requests) throws IOException, InterruptedException {
    for (HttpRequest request : requests) {
      if (!ask(request).contains("(claim-in-use)")) {
        return false;
      }
    }
    return true;
  }

  private String ask(HttpRequest request) throws IOException, InterruptedException {
    asked++;
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  /** Continues until this many requests have been sent in all. */
  public void warmUp(List<HttpRequest> requests, int total)
      throws IOException, InterruptedException {
    while (asked < total) {
      ask(requests.get(asked % requests.size()));
    }
  }

  /** Sends this many requests, each of them in turn, and measures them. */
  public Round round(List<HttpRequest> requests, int count)
      throws IOException, InterruptedException {
    double[] before = decisions();
    long[] nanos = new long[count];
    for (int i = 0; i < count; i++) {
      HttpRequest request = requests.get(i % requests.size());
      long start = System.nanoTime();
      String answer = ask(request);
      nanos[i] = System.nanoTime() - start;
      if (!answer.contains("(claim-in-use)")) {
        throw new AssertionError("not the answer to be measured: " + answer);
      }
    }
    double[] after = decisions();
    Arrays.sort(nanos);
    return new Round(
        nanos[count / 2] / 1e3,
        nanos[count * 99 / 100] / 1e3,
        (after[0] - before[0]) / (after[1] - before[1]) * 1e6);
  }

  /** Returns the counters of the service: seconds, decisions. */
  private double[] decisions() throws IOException, InterruptedException {
    double[] figures = new double[2];
    Matcher matcher = DECISIONS.matcher(service.management("/q/metrics").body());
    while (matcher.find()) {
      figures[matcher.group(1).equals("sum") ? 0 : 1] = Double.parseDouble(matcher.group(2));
    }
    return figures;
  }
}
