package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.manifests.YamlDocument.NoManifestException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads the objects of YAML and JSON files: several documents in one file, and lists of objects.
 * Each document is read separately, so an invalid one hides no other.
 */
public final class ManifestReader {

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setUseMarks(true)
          .setAllowDuplicateKeys(false)
          .setAllowRecursiveKeys(false)
          .setMaxAliasesForCollections(100)
          .setCodePointLimit(Integer.MAX_VALUE)
          .setSchema(new KubectlSchema())
          .build();

  private static final String SEPARATOR = "---";
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** The comment that helm writes above each object. */
  private static final Pattern TEMPLATE = Pattern.compile("(?m)^# Source: (\\S.*)$");

  private static final Pattern ITEM = Pattern.compile("/items/(\\d+)(|/.*)", Pattern.DOTALL);

  private final List<Manifest> manifests = new ArrayList<>();
  private final List<Unreadable> unreadable = new ArrayList<>();

  /** Returns the objects read so far. */
  public List<Manifest> manifests() {
    return List.copyOf(manifests);
  }

  /** Returns the documents that could not be read so far. */
  public List<Unreadable> unreadable() {
    return List.copyOf(unreadable);
  }

  /** Records a source that could not even be opened. */
  public void failed(String source, String problem) {
    unreadable.add(new Unreadable(source, Place.BEGINNING, problem));
  }

  /** Reads a file's text. */
  public void read(String source, String text) {
    String whole = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    if (whole.stripLeading().startsWith("{")) {
      try {
        for (JsonDocuments.Document document : JsonDocuments.read(whole)) {
          add(source, Optional.empty(), document.tree(), document.places());
        }
        return;
      } catch (IOException e) {
        // a mapping of YAML may start with a brace too
      }
    }
    List<String> lines = whole.lines().toList();
    int from = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(SEPARATOR)) {
        document(source, lines, from, i);
        checkSeparator(source, lines.get(i), i);
        from = i + 1;
      }
    }
    document(source, lines, from, lines.size());
  }

  /**
   * Checks that only a comment follows a separator, because kubectl accepts nothing else
   * (k8s.io/apimachinery YAMLReader).
   */
  private void checkSeparator(String source, String line, int at) {
    String rest = line.substring(SEPARATOR.length()).strip();
    if (!rest.isEmpty() && !rest.startsWith("#")) {
      unreadable.add(
          new Unreadable(
              source,
              place(at + 1, SEPARATOR.length() + 1),
              "not YAML for kubectl: write the text after --- on a separate line"));
    }
  }

  private void document(String source, List<String> lines, int from, int to) {
    String text = String.join("\n", lines.subList(from, to)) + "\n";
    if (text.isBlank()) {
      return;
    }
    YamlDocument document = new YamlDocument(from, text);
    try {
      // kubectl does not read the text after the end of a document, "..."
      Iterator<Node> roots = new Compose(SETTINGS).composeAllFromString(text).iterator();
      if (!roots.hasNext()) {
        return;
      }
      JsonNode tree = document.tree(roots.next());
      Matcher template = TEMPLATE.matcher(text);
      add(
          source,
          template.find() ? Optional.of(template.group(1)) : Optional.empty(),
          tree,
          document.places());
    } catch (NoManifestException e) {
      unreadable(source, e.place(), "not a manifest: " + e.getMessage(), text);
    } catch (MarkedYamlEngineException e) {
      // a problem at the end of the text is reported behind the last line
      Place place =
          e.getProblemMark()
              .map(mark -> place(Math.min(from + mark.getLine() + 1, to), mark.getColumn() + 1))
              .orElse(place(from + 1, 1));
      unreadable(source, place, "not YAML: " + e.getProblem(), text);
    } catch (YamlEngineException e) {
      unreadable(source, place(from + 1, 1), "not YAML: " + e.getMessage(), text);
    } catch (StackOverflowError e) {
      // the parser recurses without a limit
      unreadable(
          source,
          place(from + 1, 1),
          "not a manifest: it is nested too deeply; look for unclosed brackets",
          text);
    }
  }

  private void unreadable(String source, Place place, String problem, String text) {
    String advice =
        text.contains("{{")
            ? "; it looks like a template: render it first (helm template ... | rwop-guard lint -)"
            : "";
    unreadable.add(new Unreadable(source, place, problem + advice));
  }

  private static Place place(int line, int column) {
    return new Place(line, column, 1);
  }

  private void add(String source, Optional<String> template, JsonNode tree, Places places) {
    add(source, template, tree, places.all(), places.duplicates());
  }

  private void add(
      String source,
      Optional<String> template,
      JsonNode tree,
      Map<String, Place> places,
      Map<String, Place> duplicates) {
    if (tree.isNull()) {
      return;
    }
    if (!(tree instanceof ObjectNode object)) {
      unreadable.add(
          new Unreadable(
              source,
              places.getOrDefault("", Place.BEGINNING),
              "not a manifest: it is not an object"));
      return;
    }
    boolean isList =
        object.path("kind").asText().endsWith("List") && object.path("items").isArray();
    if (!isList) {
      manifests.add(new Manifest(source, template, object, places, duplicates));
      return;
    }
    addList(source, template, object, places, duplicates);
    int count = object.path("items").size();
    List<Map<String, Place>> ofItems = ofItems(count, places);
    List<Map<String, Place>> twice = ofItems(count, duplicates);
    for (int i = 0; i < count; i++) {
      add(source, template, object.path("items").get(i), ofItems.get(i), twice.get(i));
    }
  }

  /**
   * Adds the items of a list. The list itself is no object of a cluster, and is only checked for
   * duplicate keys.
   */
  private void addList(
      String source,
      Optional<String> template,
      ObjectNode list,
      Map<String, Place> places,
      Map<String, Place> duplicates) {
    Map<String, Place> own = new HashMap<>();
    duplicates.forEach(
        (pointer, place) -> {
          if (!ITEM.matcher(pointer).matches()) {
            own.put(pointer, place);
          }
        });
    if (!own.isEmpty()) {
      ObjectNode rest = JsonNodeFactory.instance.objectNode().setAll(list);
      manifests.add(new Manifest(source, template, rest.without("items"), places, own));
    }
  }

  /** Returns the places of each item of a list, by pointers that start at the item. */
  private static List<Map<String, Place>> ofItems(int count, Map<String, Place> places) {
    List<Map<String, Place>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new HashMap<>());
    }
    places.forEach(
        (pointer, place) -> {
          Matcher item = ITEM.matcher(pointer);
          if (item.matches()) {
            all.get(Integer.parseInt(item.group(1))).put(item.group(2), place);
          }
        });
    return all;
  }
}
