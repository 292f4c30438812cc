package io.rwopguard.knowledge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;

/**
 * Reads a data file of this program, and rejects fields or values that its format does not allow.
 * Every statement in it has a source.
 *
 * @param name the file's name, in the package of the class that reads it
 */
public record KnowledgeFile(String name) {

  /**
   * Reads the whole file.
   *
   * @param beside a class of the package that contains the file
   * @throws UncheckedIOException if it is no YAML
   */
  public JsonNode read(Class<?> beside) {
    try (InputStream file = beside.getResourceAsStream(name)) {
      return new YAMLMapper().readTree(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the source of a statement.
   *
   * @throws IllegalStateException if it has none
   */
  public String source(JsonNode statement, String where) {
    String source = statement.path("source").asText("");
    require(!source.isBlank(), where, "has no source");
    return source;
  }

  /**
   * Checks the names of an object's fields.
   *
   * @throws IllegalStateException if it has another field
   */
  public void known(JsonNode json, Set<String> fields, String where) {
    json.fieldNames()
        .forEachRemaining(
            field -> require(fields.contains(field), where, "has an unknown field " + field));
  }

  /**
   * Checks a condition.
   *
   * @throws IllegalStateException that names the file and the place if it does not hold
   */
  public void require(boolean holds, String where, String problem) {
    if (!holds) {
      throw new IllegalStateException("%s: %s %s".formatted(name, where, problem));
    }
  }
}
