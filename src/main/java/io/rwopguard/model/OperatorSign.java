package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The labels by which an operator, or a tool that creates Pods, marks its objects.
 *
 * @param title the name that people use
 * @param labels the labels that an object needs; {@code *} means any value
 * @param source the place in the operator's code that sets them
 */
public record OperatorSign(String title, Map<String, String> labels, String source) {

  private static final String ANY = "*";

  /** Loads the file when the first object is read. */
  private static final class Loaded {

    static final List<OperatorSign> ALL = read();

    /** The signs by the name of one of their labels, since few objects have any of them. */
    static final Map<String, List<OperatorSign>> BY_LABEL =
        ALL.stream()
            .collect(Collectors.groupingBy(sign -> sign.labels().keySet().iterator().next()));
  }

  public OperatorSign {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    if (title.isEmpty() || labels.isEmpty() || source.isEmpty()) {
      throw new IllegalStateException(
          "operators.yaml: each operator needs title, labels and source, found %s, %s, %s"
              .formatted(title, labels, source));
    }
  }

  /** Returns all known signs, in the order of the file. */
  public static List<OperatorSign> all() {
    return Loaded.ALL;
  }

  /** Returns the operator, for messages, whose labels are among these. */
  static Optional<String> among(JsonNode labels) {
    for (Iterator<String> names = labels.fieldNames(); names.hasNext(); ) {
      for (OperatorSign sign : Loaded.BY_LABEL.getOrDefault(names.next(), List.of())) {
        Optional<String> found = sign.in(labels);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<String> in(JsonNode found) {
    for (Map.Entry<String, String> label : labels.entrySet()) {
      JsonNode value = found.path(label.getKey());
      if (value.isMissingNode()
          || !(label.getValue().equals(ANY) || label.getValue().equals(value.asText()))) {
        return Optional.empty();
      }
    }
    return Optional.of(
        labels.keySet().stream()
            .map(name -> "%s: %s".formatted(name, found.path(name).asText()))
            .collect(
                Collectors.joining(
                    ", ", "%s (label%s ".formatted(title, labels.size() > 1 ? "s" : ""), ")")));
  }

  private static List<OperatorSign> read() {
    try (InputStream file = OperatorSign.class.getResourceAsStream("operators.yaml")) {
      List<OperatorSign> all = new ArrayList<>();
      for (JsonNode sign : new YAMLMapper().readTree(file).path("operators")) {
        Map<String, String> labels = new LinkedHashMap<>();
        sign.path("labels")
            .properties()
            .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        all.add(
            new OperatorSign(sign.path("title").asText(), labels, sign.path("source").asText()));
      }
      return List.copyOf(all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
