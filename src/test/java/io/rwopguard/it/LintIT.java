package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.process.CommandLineResult;
import io.rwopguard.testing.process.PackagedProgram;
import io.rwopguard.testing.process.ShownCommands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lint by the packaged program: its exit codes, a cluster beside the files, and many documents. */
class LintIT {

  private static final String MANIFESTS = "src/test/resources/lint/manifests";
  private static final Path NO_CLUSTER = Path.of("nowhere");
  private static final int DOCUMENTS = 5000;

  private static CommandLineResult lint(String input, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "lint";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return CommandLineResult.of(NO_CLUSTER, input, all);
  }

  /** Run with {@code -DargLine=-Ddocs.update=true} to write the output again. */
  @Test
  void the_documents_show_what_the_commands_print() throws Exception {
    Path started = Path.of("docs/getting-started.md");
    Path guide = Path.of("docs/guides/lint.md");
    assertShown(started, "java -jar target/quarkus-app/quarkus-run.jar");
    assertShown(guide, "rwop-guard");
  }

  private static void assertShown(Path document, String program) throws Exception {
    String rerun =
        ShownCommands.rerun(
            document,
            program,
            command ->
                CommandLineResult.of(
                        Path.of("nowhere"), "", command.substring(program.length() + 1).split(" "))
                    .output());
    if (Boolean.getBoolean("docs.update")) {
      Files.writeString(document, rerun);
    }
    assertThat(document).content().isEqualTo(rerun);
  }

  @Test
  void exit_codes_say_what_was_found() {
    assertThat(lint("", MANIFESTS + "/good.yaml").exitCode()).isZero();
    assertThat(lint("", MANIFESTS).exitCode()).isEqualTo(1);
    assertThat(lint("", MANIFESTS + "/nested/not-utf8.yaml").exitCode()).isEqualTo(2);
    CommandLineResult misused = lint("", "--format", "xml", MANIFESTS);
    assertThat(misused.exitCode()).isEqualTo(64);
    assertThat(misused.output()).contains("text, json, sarif").doesNotContain("Exception");
    assertThat(lint("").exitCode()).isEqualTo(64);
  }

  @Test
  void the_caller_decides_what_fails_and_how_seriously() {
    String warned = MANIFESTS + "/nested/two-users.yml";
    assertThat(lint("", warned).exitCode()).isZero();
    assertThat(lint("", "--fail-on", "warn", warned).exitCode()).isEqualTo(1);
    assertThat(
            lint("", "--rule", "single-consumer=off", "--rule", "sole-access-mode=warn", MANIFESTS)
                .output())
        .doesNotContain("(single-consumer)")
        .contains("warn: spec.accessModes");
    CommandLineResult unknown = lint("", "--rule", "no-such-rule=off", MANIFESTS);
    assertThat(unknown.exitCode()).isNotZero();
    assertThat(unknown.output())
        .contains("rule no-such-rule does not exist")
        .doesNotContain("\tat ");
  }

  @Test
  void reads_what_helm_renders_from_standard_input() throws Exception {
    String rendered = Files.readString(Path.of(MANIFESTS, "nested/two-users.yml"));
    assertThat(lint(rendered, "-").output())
        .contains("<stdin>:37:", "from shop/templates/one.yaml");
  }

  @Test
  void a_wrong_setting_or_a_cluster_that_is_not_there_is_not_taken_for_a_finding() {
    CommandLineResult unknown = lint("", "--rule", "no-such-rule=deny", MANIFESTS);
    assertThat(unknown.exitCode()).isEqualTo(64);
    assertThat(unknown.output()).contains("rule no-such-rule does not exist");
    CommandLineResult mode = lint("", "--rule", "csi-only=never", MANIFESTS);
    assertThat(mode.exitCode()).isEqualTo(64);
    assertThat(mode.output()).contains("never").contains("csi-only");
    CommandLineResult nowhere = lint("", "--cluster", "--kubeconfig", "nowhere", MANIFESTS);
    assertThat(nowhere.exitCode()).isEqualTo(64);
    assertThat(nowhere.output()).contains("kubeconfig nowhere does not exist");
    CommandLineResult silent =
        lint(
            "",
            "--cluster",
            "--kubeconfig",
            "src/test/resources/lint/unreachable.kubeconfig",
            MANIFESTS);
    assertThat(silent.exitCode()).isEqualTo(2);
    assertThat(silent.output()).contains("the cluster is unreachable: ", "127.0.0.1:1");
  }

  @Test
  void a_rule_is_explained_and_all_are_listed() {
    CommandLineResult explained = CommandLineResult.of(NO_CLUSTER, "", "explain", "csi-only");
    assertThat(explained.output()).contains("Why: ", "Remediation: ");
    assertThat(CommandLineResult.of(NO_CLUSTER, "", "explain", "nothing").exitCode()).isEqualTo(64);
    String all = CommandLineResult.of(NO_CLUSTER, "", "rules").output();
    RuleSet.WITH_DEFAULTS.rules().forEach(rule -> assertThat(all).contains(rule.id() + " "));
    for (ClusterCheck check : ClusterCheck.values()) {
      assertThat(all).contains(check.id() + " ");
    }
  }

  @Test
  void considers_what_runs_in_a_cluster_on_request() throws Exception {
    ApiServer api = ApiServer.running();
    api.client()
        .resource(new NamespaceBuilder().withNewMetadata().withName("lint").endMetadata().build())
        .serverSideApply();
    api.client()
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: lint}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
            """)
        .serverSideApply();
    String deployment =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: two, namespace: lint}
        spec:
          replicas: 2
          strategy: {type: Recreate}
          selector: {matchLabels: {app: two}}
          template:
            metadata: {labels: {app: two}}
            spec:
              containers: [{name: db, image: db}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """;
    assertThat(lint(deployment, "-").exitCode()).isZero();
    CommandLineResult known =
        CommandLineResult.of(
            NO_CLUSTER,
            deployment,
            "lint",
            "--cluster",
            "--kubeconfig",
            api.kubeconfig().toString(),
            "-");
    assertThat(known.output()).contains("(single-consumer)");
    assertThat(known.exitCode()).isEqualTo(1);
  }

  @Test
  void thousands_of_documents_are_read_in_bounded_memory(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("all.yaml");
    Files.writeString(file, documents());
    Process process =
        new ProcessBuilder(
                PackagedProgram.asInstalled(List.of("-Xmx256m"), "lint", file.toString()))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    long start = System.nanoTime();
    long most = 0;
    while (process.isAlive()) {
      most = Math.max(most, residentMebibytes(process.pid()));
      Thread.sleep(20);
    }
    System.err.printf(
        Locale.ROOT,
        "[figure] lint of %d documents of %.1f MB: %.1f s, %d MiB resident%n",
        DOCUMENTS,
        Files.size(file) / 1e6,
        (System.nanoTime() - start) / 1e9,
        most);
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(Files.readString(folder.resolve("output"), StandardCharsets.UTF_8))
        .endsWith("1 file, 5000 objects: 2500 deny, 0 warn, 0 audit\n");
  }

  private static String documents() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < DOCUMENTS / 2; i++) {
      text.append(
          """
          ---
          apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: {name: data-%1$d, namespace: shop}
          spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
          ---
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: db-%1$d, namespace: shop, labels: {app: db}}
          spec:
            replicas: 2
            strategy: {type: Recreate}
            selector: {matchLabels: {app: db-%1$d}}
            template:
              metadata: {labels: {app: db-%1$d}}
              spec:
                containers:
                  - name: db
                    image: postgres:17
                    ports: [{containerPort: 5432}]
                    env: [{name: A, value: b}, {name: C, value: d}]
                    volumeMounts: [{name: data, mountPath: /data}]
                volumes: [{name: data, persistentVolumeClaim: {claimName: data-%1$d}}]
          """
              .formatted(i));
    }
    return text.toString();
  }

  private static long residentMebibytes(long pid) throws IOException {
    Path status = Path.of("/proc/%d/status".formatted(pid));
    try {
      List<String> lines = Files.exists(status) ? Files.readAllLines(status) : List.of();
      return lines.stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .sum();
    } catch (IOException ended) {
      return 0;
    }
  }
}
