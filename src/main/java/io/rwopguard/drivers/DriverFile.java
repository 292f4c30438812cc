package io.rwopguard.drivers;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.knowledge.KnowledgeFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads the data file of drivers, and rejects fields or values that its format does not allow. */
final class DriverFile {

  private static final KnowledgeFile FILE = new KnowledgeFile("drivers.yaml");

  private static final Set<String> DRIVER =
      Set.of(
          "title",
          "names",
          "network-fence",
          "attach-required",
          "revocation",
          "stale-mappings",
          "single-node-multi-writer",
          "storage-failover");

  private static final Set<String> STATEMENT =
      Set.of("value", "since", "condition", "consequence", "source");

  private DriverFile() {}

  static List<DriverKnowledge> read() {
    return parse(FILE.read(DriverFile.class));
  }

  static List<DriverKnowledge> parse(JsonNode file) {
    List<DriverKnowledge> drivers = new ArrayList<>();
    file.path("drivers").forEach(driver -> drivers.add(driver(driver)));
    return List.copyOf(drivers);
  }

  private static DriverKnowledge driver(JsonNode json) {
    String title = text(json, "title");
    FILE.require(!title.isEmpty(), "a driver", "has no title");
    FILE.known(json, DRIVER, title);
    List<String> names = new ArrayList<>();
    json.path("names").forEach(name -> names.add(name.asText()));
    FILE.require(!names.isEmpty(), title, "has no names");
    return new DriverKnowledge(
        title,
        names,
        json.path("network-fence").asBoolean(false),
        statement(json, "attach-required", title, DriverFile::answer),
        statement(json, "revocation", title, DriverFile::revocation),
        statement(json, "stale-mappings", title, DriverFile::answer),
        statement(json, "single-node-multi-writer", title, DriverFile::answer),
        storageFailover(json, title));
  }

  private static Optional<DriverStatement<Integer>> storageFailover(JsonNode driver, String title) {
    JsonNode json = driver.path("storage-failover");
    if (json.isMissingNode()) {
      return Optional.empty();
    }
    String where = title + ", storage-failover";
    FILE.known(json, STATEMENT, where);
    JsonNode seconds = json.path("value");
    FILE.require(
        seconds.isInt() && seconds.asInt() > 0, where, "is no number of seconds: " + seconds);
    return Optional.of(
        new DriverStatement<>(
            seconds.asInt(),
            text(json, "since"),
            text(json, "condition"),
            text(json, "consequence"),
            FILE.source(json, where)));
  }

  private static <T> DriverStatement<T> statement(
      JsonNode driver, String name, String title, Function<String, Optional<T>> values) {
    JsonNode json = driver.path(name);
    String where = title + ", " + name;
    FILE.known(json, STATEMENT, where);
    String value = text(json, "value");
    Optional<T> parsed = json.path("value").isTextual() ? values.apply(value) : Optional.empty();
    FILE.require(parsed.isPresent(), where, "has the wrong value \"" + value + "\"");
    return new DriverStatement<>(
        parsed.get(),
        text(json, "since"),
        text(json, "condition"),
        text(json, "consequence"),
        FILE.source(json, where));
  }

  private static Optional<Answer> answer(String id) {
    return Stream.of(Answer.values()).filter(answer -> answer.id().equals(id)).findFirst();
  }

  private static Optional<Revocation> revocation(String id) {
    return Stream.of(Revocation.values()).filter(each -> each.id().equals(id)).findFirst();
  }

  private static String text(JsonNode json, String name) {
    return json.path(name).asText("");
  }
}
