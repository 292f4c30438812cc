package io.rwopguard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The exit codes of all commands, and that their help lists them. */
class ExitCodesTest {

  private static final String NONE = "src/test/resources/lint/unreachable.kubeconfig";
  private static final String GOOD = "src/test/resources/lint/manifests/good.yaml";
  private static final String BAD = "src/test/resources/lint/manifests/nested/two-users.yml";
  private static final String UNREADABLE = "src/test/resources/lint/manifests/nested/not-utf8.yaml";

  /** The line that asks a cluster, of each command that does and ends soon. */
  static Stream<String> commandsThatAskACluster() {
    return Stream.of(
        "audit",
        "lint --cluster " + GOOD,
        "migrate shop/data",
        "migrate shop --selector app=db",
        "migrate --all-namespaces",
        "failover shop/data --node-is-down --yes",
        "failover clean-up");
  }

  private static CommandLineRun run(String line, String... more) {
    List<String> arguments = new ArrayList<>();
    for (String each : line.split(" ", -1)) {
      arguments.add(each.equals("EMPTY") ? "" : each.replace('_', ' '));
    }
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "install                                   | Unmatched argument",
        "audit --nonsense                          | --nonsense",
        "rules --nonsense                          | --nonsense",
        "explain                                   | RULE",
        "explain no-such-rule                      | rule no-such-rule does not exist",
        "check-installation now                    | now",
        "lint                                      | PATH",
        "lint --format xml x                       | text, json, sarif",
        "lint --fail-on never x                    | --fail-on",
        "lint --rule no-such-rule=deny x           | rule no-such-rule does not exist",
        "lint --rule csi-only=never x              | csi-only",
        "lint --settings nowhere x                 | settings file nowhere does not exist",
        "lint --kubeconfig nowhere x               | no cluster is used without --cluster",
        "lint --diff --format json x               | --diff shows no findings",
        "lint --diff --fail-on warn x              | --diff shows no findings",
        "lint --cluster --kubeconfig nowhere x     | kubeconfig nowhere does not exist",
        "audit --chunk-size 0                      | --chunk-size must be 1 or more",
        "audit --chunk-size x                      | --chunk-size",
        "audit -n Shop                             | upper-case letters",
        "audit --format json --format text         | --format",
        "audit --kubeconfig nowhere                | kubeconfig nowhere does not exist",
        "migrate                                   | NAMESPACE/CLAIM",
        "migrate foo                               | \"foo\" is a namespace without a claim",
        "migrate EMPTY                             | the name of the namespace is empty",
        "migrate /data                             | the name of the namespace is empty",
        "migrate shop/                             | the name of the claim is empty",
        "migrate a/b/c                             | 2 slashes instead of one",
        "migrate Shop/data                         | the namespace \"Shop\" has upper-case letters",
        "migrate shop/Data                         | the claim \"Data\" has upper-case letters",
        "migrate shop/da~ta                        | the claim \"da~ta\" is not a valid Kubernetes name",
        "migrate sh.op/data                        | the namespace \"sh.op\" is not a valid Kubernetes name",
        "migrate shop/data other/data              | other/data",
        "migrate shop/data --wait -1               | \"-1\" is not a number of minutes",
        "migrate shop/data --wait 0                | \"0\" is not a number of minutes",
        "migrate shop/data --wait x                | \"x\" is not a number of minutes",
        "migrate shop/data --wait 99999999999      | is not a number of minutes",
        "migrate shop/data --apply --dry-run       | contradict each other",
        "migrate shop/data --selector app=db       | write the namespace alone",
        "migrate shop --selector EMPTY             | would select every claim",
        "migrate shop --selector app=db,           | is not a label selector",
        "migrate shop --selector app=a/b           | is not a label selector",
        "migrate shop --selector app_in_(a         | is not a label selector",
        "migrate shop --selector a_b               | is not a label selector",
        "migrate --selector app=db                 | write a namespace, or add --all-namespaces",
        "migrate shop --all-namespaces             | remove the namespace or the claim",
        "migrate --all-namespaces --max-parallel 0 | whole numbers of 1 or more",
        "migrate --all-namespaces --max-failures x | --max-failures",
        "migrate --all-namespaces --window 25-26   | --window",
        "migrate --all-namespaces --report /nowhere/r.json | cannot be written",
        "migrate shop/data --window 01:00-05:00    | apply only to several claims",
        "migrate shop/data --max-parallel 2        | apply only to several claims",
        "migrate shop/data --report r.json         | apply only to several claims",
        "migrate shop/data --show-kubectl --apply  | remove the other options",
        "migrate shop/data --git-patch --apply     | remove the other options",
        "migrate shop/data --git-patch --show-kubectl | remove the other options",
        "migrate --all-namespaces --git-patch      | remove the other options",
        "failover                                  | no claim was given",
        "failover shop --node-is-down              | is a namespace without a claim",
        "failover shop/data                        | add --node-is-down",
        "failover shop/data --node-is-down --wait x| \"x\" is not a number of minutes",
        "failover shop/data --controller-namespace A_B| upper-case letters",
        "failover --kubeconfig x clean-up          | --kubeconfig has no effect before clean-up",
        "failover shop/data clean-up               | NAMESPACE/CLAIM has no effect before clean-up",
        "failover clean-up now                     | now",
        "failover clean-up -n Shop                 | upper-case letters",
      })
  void a_wrong_command_line_is_64_and_says_what_is_wrong(String line, String message) {
    CommandLineRun run = run(line);
    assertThat(run.exitCode()).as(run.error()).isEqualTo(64);
    assertThat(run.error()).startsWith("rwop-guard: ").contains(message).doesNotContain("\tat ");
  }

  @ParameterizedTest
  @MethodSource("commandsThatAskACluster")
  void an_api_server_that_does_not_answer_is_2(String line) {
    CommandLineRun run = run(line, "--kubeconfig", NONE);
    assertThat(run.exitCode()).as(run.error()).isEqualTo(2);
    assertThat(run.error())
        .startsWith("rwop-guard: the cluster is unreachable: ")
        .contains("127.0.0.1:1")
        .hasLineCount(1);
  }

  private static final String KUBECONFIG =
      """
      apiVersion: v1
      kind: Config
      current-context: a
      contexts: [{name: a, context: {cluster: b, user: c}}]
      clusters: [{name: b, cluster: {server: "https://127.0.0.1:1"}}]
      users: [{name: c, user: {}}]
      """;

  @Test
  void a_kubeconfig_that_names_no_cluster_is_64(@TempDir Path folder) throws Exception {
    Map<String, String> broken =
        Map.of(
            "clusters: [}",
            "is not a kubeconfig: ",
            "",
            "it has no current-context",
            KUBECONFIG.replace("current-context: a\n", ""),
            "it has no current-context",
            KUBECONFIG.replace("context: a\n", "context: z\n"),
            "its current-context z does not exist",
            KUBECONFIG.replace("{cluster: b", "{cluster: z"),
            "names cluster z",
            KUBECONFIG.replace("user: c", "user: z"),
            "names user z",
            KUBECONFIG.replace("server: \"https://127.0.0.1:1\"", ""),
            "cluster b has no server",
            KUBECONFIG.replace("https://127.0.0.1:1", "127.0.0.1:1:2/"),
            "is not a URL",
            KUBECONFIG.replace("{server", "{proxy-url: \"socks5h://127.0.0.1:1\", server"),
            "its scheme socks5h is not supported",
            KUBECONFIG.replace("{server", "{certificate-authority: nowhere.pem, server"),
            "cannot be used");
    int number = 0;
    for (Map.Entry<String, String> each : broken.entrySet()) {
      number++;
      Path file = Files.writeString(folder.resolve("kubeconfig-" + number), each.getKey());
      CommandLineRun run = run("migrate shop/data --kubeconfig " + file);
      assertThat(run.exitCode()).as("%s: %s", each.getValue(), run.error()).isEqualTo(64);
      assertThat(run.error()).startsWith("rwop-guard: ").contains(each.getValue()).hasLineCount(1);
    }
    for (String line : commandsThatAskACluster().toList()) {
      assertThat(run(line, "--kubeconfig", folder.toString()).exitCode()).as(line).isEqualTo(64);
    }
    assertThat(run("check-installation --kubeconfig " + folder).error())
        .contains("is not a kubeconfig: it is a directory;");
    assertThat(run("check-installation --kubeconfig " + folder).exitCode()).isEqualTo(64);
  }

  /** The file of a token or a key, named by mistake: what is printed ends in logs and tickets. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "eyJhbGciOiJSUzI1NiJ9.SECRET.c2ln",
        "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n",
        "token: SECRET\n  more: [",
        "SECRET: @SECRET",
        "token: *SECRET",
        "clusters: [SECRET]",
        "[SECRET]",
        "clusters: [{name: a, cluster: {insecure-skip-tls-verify: SECRET}}]",
        "{\"token\": SECRET",
      })
  void refuses_an_invalid_kubeconfig_with_64_and_shows_none_of_it(
      String contents, @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("token"), contents);
    CommandLineRun run = run("migrate shop/data --kubeconfig " + file);
    assertThat(run.exitCode()).as(run.error()).isEqualTo(64);
    assertThat(run.error())
        .startsWith("rwop-guard: " + file + " is not a kubeconfig: ")
        .contains("name another file")
        .doesNotContain("SECRET")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "rules, 0",
    "explain csi-only, 0",
    "lint " + GOOD + ", 0",
    "lint " + BAD + ", 0",
    "lint --fail-on warn " + BAD + ", 1",
    "lint " + UNREADABLE + ", 2",
    "lint nowhere.yaml, 2",
    "lint --diff " + UNREADABLE + ", 2"
  })
  void without_a_cluster_a_command_is_0_or_1_or_2(String line, int exitCode) {
    assertThat(run(line).exitCode()).isEqualTo(exitCode);
  }

  private static Stream<String> everyCommand() {
    return all(Main.commands(), "").stream();
  }

  private static List<String> all(CommandLine command, String prefix) {
    List<String> names = new ArrayList<>();
    command
        .getSubcommands()
        .forEach(
            (name, each) -> {
              names.add(prefix + name);
              names.addAll(all(each, prefix + name + " "));
            });
    return names;
  }

  @ParameterizedTest
  @MethodSource("everyCommand")
  void the_help_of_every_command_lists_its_exit_codes(String command) {
    CommandLineRun help = run(command, "--help");
    assertThat(help.exitCode()).isZero();
    String text = help.output().replaceAll("\\s+", " ");
    List<String> codes = new ArrayList<>();
    CommandLine of = Main.commands();
    for (String name : command.split(" ", -1)) {
      of = of.getSubcommands().get(name);
    }
    of.getCommandSpec()
        .usageMessage()
        .exitCodeList()
        .forEach(
            (code, meaning) -> {
              codes.add(code);
              assertThat(text).contains(" %s %s".formatted(code, meaning));
            });
    assertThat(text).contains("Exit codes:");
    assertThat(codes)
        .as("a command that asks no cluster and refuses nothing has no 1 and 2")
        .isIn(List.of("0", "1", "2", "64"), List.of("0", "64"));
  }
}
