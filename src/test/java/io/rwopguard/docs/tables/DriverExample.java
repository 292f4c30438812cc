package io.rwopguard.docs.tables;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An example of a setting that names a CSI driver.
 *
 * @param driver the name of the CSIDriver
 * @param states the example's settings, by the names that the chart has for them
 */
public record DriverExample(String driver, JsonNode states) {

  /** The driver's fence is a NetworkFence. */
  public static final String NETWORK_FENCE = "networkFence";

  /** The driver is in tolerations.revoking-drivers. */
  public static final String TOLERATED = "tolerated";

  private static final String NAME = "[a-z0-9][a-z0-9-]*(?:\\\\*\\.[a-z0-9-]+)+";
  private static final String STATEMENT =
      "(?:revokesOnUnpublish|stoppedByFence|againstKnownBehavior"
          + "|revokes-on-unpublish|stopped-by-fence|against-known-behavior)";

  /** {@code NAME: {revokesOnUnpublish: true, release: volume}}. */
  private static final Pattern FLOW =
      Pattern.compile("\"?(%s)\"?:\\s*(\\{[^{}]*%s[^{}]*})".formatted(NAME, STATEMENT));

  /** The same statement in lines, each further indented than the name; also in a comment. */
  private static final Pattern LINES =
      Pattern.compile(
          "(?m)^([ \\t#]*)\"?(%s)\"?:[ \\t]*\\n((?:\\1[ \\t]+[A-Za-z]+:.*(?:\\n|\\z))+)"
              .formatted(NAME));

  /** {@code drivers."NAME".release=volume}, as in properties, -D and helm's --set. */
  private static final Pattern DOTTED =
      Pattern.compile(
          "drivers\\.[\"']?(%s)[\"']?\\.(%s|release)(?:=|:\\s*)[\"']?([a-z-]+)"
              .formatted(NAME, STATEMENT));

  /** A table row or sentence that names a driver and what to state of it. */
  private static final Pattern PROSE_NAME =
      Pattern.compile("`(?!failover\\.|rwop-guard\\.)(%s)`".formatted(NAME));

  private static final Pattern PROSE_STATEMENT =
      Pattern.compile("`(%s)(?:(?:=|: )(true|false))?`".formatted(STATEMENT));
  private static final Pattern PROSE_RELEASE =
      Pattern.compile("`(?:release(?:=|: ))?(pod-only|volume|out-of-service|attachment)`");

  /** The release of all drivers, in the same block. */
  private static final Pattern RELEASE =
      Pattern.compile(
          "failover\\.release(?:=|:\\s*)[\"']?([a-z-]+)|(?m)^failover:\\n(?:[ \\t]+.*\\n)*?  release: ([a-z-]+)");

  private static final Pattern FENCE =
      Pattern.compile("\\{type: network-fence,[^{}]*drivers: \\[([^\\]]*)][^{}]*}");
  private static final Pattern DOTTED_FENCE =
      Pattern.compile("fences\\.([a-z-]+)\\.type(?:=|:\\s*)[\"']?network-fence");
  private static final Pattern TOLERATIONS =
      Pattern.compile("revoking-?[dD]rivers(?:=|:\\s*)[\"'{\\[]*([^\\s\"'`}\\]]+)");
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```.*?^```");

  /** Returns the examples in a document, or in the chart's values. */
  public static List<DriverExample> in(String document) {
    List<DriverExample> examples = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(document);
    blocks.results().map(MatchResult::group).forEach(block -> settings(block, examples));
    String text = blocks.replaceAll("");
    settings(text, examples);
    text.lines().forEach(line -> prose(line, examples));
    return examples;
  }

  private static void settings(String block, List<DriverExample> examples) {
    Map<String, ObjectNode> states = new LinkedHashMap<>();
    String release = releaseOfAll(block);
    FLOW.matcher(block)
        .results()
        .forEach(found -> add(states, release, found.group(1), yaml(found.group(2))));
    LINES
        .matcher(block)
        .results()
        .filter(found -> found.group(3).matches("(?s).*%s.*".formatted(STATEMENT)))
        .forEach(
            found ->
                add(
                    states,
                    release,
                    found.group(2),
                    yaml(found.group(3).replaceAll("(?m)^[ \\t#]+", ""))));
    DOTTED
        .matcher(block)
        .results()
        .forEach(
            found ->
                add(
                    states,
                    release,
                    found.group(1),
                    JsonNodeFactory.instance.objectNode().put(found.group(2), found.group(3))));
    networkFences(block).forEach(driver -> add(states, release, driver, flag(NETWORK_FENCE)));
    TOLERATIONS
        .matcher(block)
        .results()
        .flatMap(found -> Stream.of(found.group(1).split("\\\\?,")))
        .filter(driver -> driver.matches(NAME))
        .forEach(driver -> add(states, release, driver, flag(TOLERATED)));
    states.forEach((driver, each) -> examples.add(new DriverExample(driver, each)));
  }

  private static String releaseOfAll(String block) {
    Matcher matcher = RELEASE.matcher(block);
    if (!matcher.find()) {
      return "pod-only";
    }
    return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
  }

  private static Stream<String> networkFences(String block) {
    Stream<String> dotted =
        DOTTED_FENCE
            .matcher(block)
            .results()
            .flatMap(
                fence ->
                    Pattern.compile(
                            "fences\\.%s\\.drivers(?:=|:\\s*)([^\\s\"'}]+)"
                                .formatted(fence.group(1)))
                        .matcher(block)
                        .results())
            .flatMap(found -> Stream.of(found.group(1).split(",")));
    Stream<String> flow =
        FENCE.matcher(block).results().flatMap(found -> Stream.of(found.group(1).split(",\\s*")));
    return Stream.concat(dotted, flow);
  }

  private static void prose(String line, List<DriverExample> examples) {
    ObjectNode states = JsonNodeFactory.instance.objectNode();
    PROSE_STATEMENT
        .matcher(line)
        .results()
        .forEach(
            found ->
                states.put(
                    camelCase(found.group(1)), found.group(2) == null ? "true" : found.group(2)));
    if (states.isEmpty()) {
      return;
    }
    Matcher release = PROSE_RELEASE.matcher(line);
    states.put("release", release.find() ? release.group(1) : "pod-only");
    PROSE_NAME
        .matcher(line)
        .results()
        .forEach(found -> examples.add(new DriverExample(found.group(1), states)));
  }

  private static ObjectNode flag(String name) {
    return JsonNodeFactory.instance.objectNode().put(name, "true");
  }

  private static void add(
      Map<String, ObjectNode> states, String release, String name, JsonNode more) {
    ObjectNode known =
        states.computeIfAbsent(
            name.replace("\\", ""),
            driver -> JsonNodeFactory.instance.objectNode().put("release", release));
    more.properties().forEach(each -> known.set(camelCase(each.getKey()), each.getValue()));
  }

  private static String camelCase(String name) {
    return Pattern.compile("-([a-z])")
        .matcher(name)
        .replaceAll(found -> found.group(1).toUpperCase(Locale.ROOT));
  }

  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
