package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.manual.ManualFailoverClient;
import io.rwopguard.model.ClaimKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Requests a manual failover from a node that an operator knows to be dead. The controller makes
 * its usual checks. The request replaces only the second sign of the node's death.
 */
@Command(
    name = "failover",
    description = "Fails over a claim's Pod from a node that you know to be dead.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    subcommands = FailoverCleanUpCommand.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:Another Pod runs.",
      "1:The failover was refused, not confirmed, or did not complete.",
      ExitCodes.NOT_ASKED_TEXT,
      ExitCodes.MISUSE_TEXT
    },
    footer = {
      "",
      "The failover controller runs the failover after its usual checks; its mode must be enforce.",
      "It needs the rights to create ConfigMaps in the controller's namespace and to patch the Node.",
      "",
      "  rwop-guard failover shop/data-db-0 --node-is-down"
    })
final class ManualFailoverCommand implements Callable<Integer> {

  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(500);

  @Parameters(
      paramLabel = ClaimArgument.LABEL,
      arity = "0..1",
      converter = ClaimArgument.Converter.class,
      description = "The PersistentVolumeClaim.")
  private ClaimArgument claim;

  @Option(
      names = "--node-is-down",
      description = "You confirm that the node is dead: it is off, or isolated from its storage.")
  private boolean nodeIsDown;

  @Option(names = "--yes", description = "Do not ask for confirmation.")
  private boolean yes;

  @Option(
      names = "--wait",
      paramLabel = "MINUTES",
      defaultValue = "10",
      converter = MinutesConverter.class,
      description = "The time limit for the failover (default: ${DEFAULT-VALUE}).")
  private Duration patience;

  @Option(
      names = "--controller-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "rwop-guard",
      converter = NameValidation.Namespace.class,
      description = "The namespace of rwop-guard (default: ${DEFAULT-VALUE}).")
  private String controllerNamespace;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (claim == null) {
      throw new ParameterException(
          spec.commandLine(), "no claim was given; write %s".formatted(ClaimArgument.LABEL));
    }
    ClaimKey key = claim.key(spec.commandLine());
    if (!nodeIsDown) {
      throw new ParameterException(
          spec.commandLine(),
          "the failover controller handles nodes that are not known to be dead; if you know that the node is dead, add --node-is-down");
    }
    try (KubernetesClient client = cluster.client()) {
      ManualFailoverClient request = new ManualFailoverClient(client, key, controllerNamespace);
      Optional<String> problem = request.look();
      if (problem.isPresent()) {
        System.err.printf("rwop-guard: %s%n", problem.get());
        return ExitCodes.NOT_DONE;
      }
      System.out.println(request.description());
      return confirmed(request.node()) ? failOver(request) : ExitCodes.NOT_DONE;
    }
  }

  private boolean confirmed(String node) throws IOException {
    if (yes) {
      return true;
    }
    System.out.printf(
        "If node %s is still running, two Pods may write to the volume. Type the node's name to continue: ",
        node);
    System.out.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    if (node.equals(answer == null ? "" : answer.strip())) {
      return true;
    }
    System.out.println("Nothing was done.");
    return false;
  }

  private int failOver(ManualFailoverClient request) throws InterruptedException {
    request.submit();
    try {
      return await(request);
    } catch (KubernetesClientException e) {
      System.err.printf(
          "rwop-guard: %s; the request is submitted, and the failover may proceed; check the claim's events before you repeat the command%n",
          Main.message(e));
      return ExitCodes.NOT_DONE;
    }
  }

  private int await(ManualFailoverClient request) throws InterruptedException {
    long end = System.nanoTime() + ANSWER.toNanos();
    Optional<ManualFailoverClient.Answer> answer = request.answer();
    while (answer.isEmpty()) {
      if (System.nanoTime() > end && request.withdraw()) {
        System.err.printf(
            "rwop-guard: no controller answered in namespace %s, and the request was withdrawn. Check that failover is enabled (rwop-guard.failover.mode), that the namespace is right (--controller-namespace), and the controller's log.%n",
            controllerNamespace);
        return ExitCodes.NOT_DONE;
      }
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      answer = request.answer();
    }
    if (!answer.get().accepted()) {
      System.err.printf("rwop-guard: refused: %s%n", answer.get().text());
      return ExitCodes.NOT_DONE;
    }
    return follow(request);
  }

  private int follow(ManualFailoverClient request) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < end) {
      for (String step : request.newSteps()) {
        System.out.println(step);
      }
      Optional<String> outcome = request.outcome();
      if (outcome.isPresent()) {
        boolean done = request.isDone();
        System.out.println(done ? "done" : outcome.get() + ": see the claim's events");
        return done ? ExitCodes.DONE : ExitCodes.NOT_DONE;
      }
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    }
    System.err.printf(
        "rwop-guard: it is still in progress after %d minutes; see the claim's events%n",
        patience.toMinutes());
    return ExitCodes.NOT_DONE;
  }
}
