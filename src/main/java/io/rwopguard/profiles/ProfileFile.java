package io.rwopguard.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.knowledge.KnowledgeFile;
import io.rwopguard.profiles.Profile.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads the data file of engines, and rejects fields or values that its format does not allow. */
final class ProfileFile {

  private static final KnowledgeFile FILE = new KnowledgeFile("profiles.yaml");

  private static final Set<String> FIELDS =
      Set.of(
          "title",
          "id",
          "images",
          "names",
          "ports",
          "never-ports",
          "tcp",
          "remedy",
          "slow-check",
          "patience",
          "grace");

  private static final Set<String> STATEMENT = Set.of("value", "seconds", "why", "source");

  private ProfileFile() {}

  static List<Profile> read() {
    return parse(FILE.read(ProfileFile.class));
  }

  static List<Profile> parse(JsonNode file) {
    List<Profile> profiles = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (JsonNode json : file.path("profiles")) {
      Profile profile = profile(json);
      for (String name : profile.images()) {
        FILE.require(seen.add(name), profile.title(), "has the image of another one: " + name);
      }
      profiles.add(profile);
    }
    return List.copyOf(profiles);
  }

  private static Profile profile(JsonNode json) {
    String title = json.path("title").asText("");
    FILE.require(!title.isEmpty(), "a profile", "has no title");
    FILE.known(json, FIELDS, title);
    String id = json.path("id").asText("");
    FILE.require(id.matches("[a-z0-9-]+"), title, "has no id of lower-case letters");
    Statement<Boolean> tcp = statement(json, "tcp", title, value -> oneOf(value, "yes", "no"));
    String remedy = json.path("remedy").asText("");
    FILE.require(
        tcp.value() == remedy.isEmpty(),
        title,
        "needs a remedy where tcp is \"no\", and only there");
    return new Profile(
        title,
        id,
        texts(json, "images"),
        texts(json, "names"),
        List.copyOf(ports(json, "ports", title)),
        ports(json, "never-ports", title),
        tcp,
        remedy,
        seconds(json, "slow-check", title),
        seconds(json, "patience", title),
        statement(json, "grace", title, value -> oneOf(value, "keep", "zero")));
  }

  private static Optional<Boolean> oneOf(JsonNode value, String yes, String no) {
    return value.asText().equals(yes)
        ? Optional.of(true)
        : value.asText().equals(no) ? Optional.of(false) : Optional.empty();
  }

  private static <T> Statement<T> statement(
      JsonNode profile, String field, String title, Function<JsonNode, Optional<T>> values) {
    JsonNode json = profile.path(field);
    String where = title + ", " + field;
    FILE.known(json, STATEMENT, where);
    JsonNode written = json.has("seconds") ? json.path("seconds") : json.path("value");
    Optional<T> value = values.apply(written);
    FILE.require(value.isPresent(), where, "has the wrong value \"" + written.asText() + "\"");
    String source = FILE.source(json, where);
    String why = json.path("why").asText("");
    return new Statement<>(
        value.get(), why.endsWith(".") ? why.substring(0, why.length() - 1) : why, source);
  }

  private static Optional<Statement<Integer>> seconds(
      JsonNode profile, String field, String title) {
    return profile.has(field)
        ? Optional.of(
            statement(
                profile,
                field,
                title,
                value -> Optional.of(value.asInt()).filter(seconds -> seconds > 0)))
        : Optional.empty();
  }

  private static Set<String> texts(JsonNode json, String field) {
    Set<String> all = new LinkedHashSet<>();
    json.path(field).forEach(each -> all.add(each.asText()));
    return all;
  }

  private static Set<Integer> ports(JsonNode json, String field, String title) {
    Set<Integer> all = new LinkedHashSet<>();
    for (JsonNode port : json.path(field)) {
      FILE.require(port.asInt() > 0 && port.asInt() <= 65_535, title, "has no port " + port);
      all.add(port.asInt());
    }
    return all;
  }
}
