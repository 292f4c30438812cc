package io.rwopguard.testing.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the steps of the GitHub Action, the GitLab component and the pre-commit hook. */
public final class PullRequestJobs {

  /** The script that all of them run. */
  public static final Path SCRIPT = Path.of("src/ci/lint").toAbsolutePath();

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Pattern INPUT =
      Pattern.compile("\\$\\{\\{ inputs\\.([a-z0-9]+) }}|\\$\\[\\[ inputs\\.([a-z0-9]+) ]]");

  private PullRequestJobs() {}

  /**
   * Runs the action's own step, as a runner does.
   *
   * @param outputs the file with the outputs of the step
   */
  public static Program gitHub(Path workspace, Path outputs, Map<String, String> inputs)
      throws IOException {
    JsonNode action = documents(Path.of("action.yml")).get(0);
    JsonNode step = action.at("/runs/steps/0");
    ProcessBuilder job =
        new ProcessBuilder(
            List.of("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text(step, "run")));
    for (var variable : step.get("env").properties()) {
      job.environment()
          .put(variable.getKey(), filled(variable.getValue(), action.get("inputs"), inputs));
    }
    job.environment().put("GITHUB_ACTION_PATH", Path.of("").toAbsolutePath().toString());
    job.environment().put("GITHUB_OUTPUT", outputs.toString());
    return run(workspace, job);
  }

  /**
   * Runs the script of the component's job.
   *
   * @param bin the folder on the PATH that has rwop-guard, as an image may have it
   */
  public static Program gitLab(Path workspace, Path bin, Map<String, String> inputs)
      throws IOException {
    List<JsonNode> component = documents(Path.of("templates/lint.yml"));
    JsonNode known = component.get(0).at("/spec/inputs");
    JsonNode described = component.get(1).elements().next();
    ProcessBuilder job = new ProcessBuilder("sh", "-c", described.at("/script/0").asText());
    for (var variable : described.get("variables").properties()) {
      job.environment().put(variable.getKey(), filled(variable.getValue(), known, inputs));
    }
    job.environment().merge("PATH", bin.toString(), (path, first) -> first + ":" + path);
    return run(workspace, job);
  }

  /**
   * Runs the hook with these arguments instead of those in its file, which it gets if there are
   * none.
   */
  public static Program preCommit(Path workspace, String command, String... arguments)
      throws IOException {
    JsonNode hook = YAML.readTree(Files.readString(Path.of(".pre-commit-hooks.yaml"))).get(0);
    List<String> words = new ArrayList<>(List.of(text(hook, "entry").split(" ")));
    words.set(0, Path.of(words.get(0)).toAbsolutePath().toString());
    if (arguments.length == 0) {
      hook.get("args").forEach(argument -> words.add(argument.asText()));
    }
    words.addAll(List.of(arguments));
    ProcessBuilder job = new ProcessBuilder(words);
    job.environment().put("RWOP_GUARD", command);
    return run(workspace, job);
  }

  private static Program run(Path workspace, ProcessBuilder job) {
    job.directory(workspace.toFile()).redirectErrorStream(true);
    return Program.run(job, "", Program.PATIENCE);
  }

  private static List<JsonNode> documents(Path file) throws IOException {
    try (MappingIterator<JsonNode> documents =
        YAML.readerFor(JsonNode.class).readValues(Files.readString(file))) {
      return documents.readAll();
    }
  }

  private static String text(JsonNode of, String field) {
    return of.get(field).asText();
  }

  /** Returns a value with its inputs, or with their defaults. */
  private static String filled(JsonNode value, JsonNode known, Map<String, String> inputs) {
    return INPUT
        .matcher(value.asText())
        .replaceAll(
            found -> {
              String name = found.group(1) == null ? found.group(2) : found.group(1);
              JsonNode input = known.get(name);
              return Matcher.quoteReplacement(
                  inputs.getOrDefault(name, input.path("default").asText()));
            });
  }
}
