package io.rwopguard.docs.tables;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.tools.ToolProvider;

/**
 * The settings of a configuration mapping as a table, read from its source: names, defaults and
 * Javadoc.
 */
public final class ConfigurationTable {

  /** A row of the table. */
  private record Setting(String name, String defaultValue, String text) {}

  private ConfigurationTable() {}

  public static String of(Path source, String prefix) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, List.of("-proc:none"), null, files.getJavaFileObjects(source));
      DocTrees docs = DocTrees.instance(task);
      List<Setting> settings = new ArrayList<>();
      for (CompilationUnitTree unit : task.parse()) {
        new Scanner(docs, prefix, settings).scan(unit, null);
      }
      if (settings.isEmpty()) {
        // javac only reports a missing file
        throw new IllegalStateException("there are no settings in " + source);
      }
      return "| setting | default | what it is |\n|---|---|---|\n"
          + settings.stream()
              .map(s -> "| `%s` | %s | %s |%n".formatted(s.name(), s.defaultValue(), s.text()))
              .collect(Collectors.joining());
    }
  }

  private static final class Scanner extends TreePathScanner<Void, Void> {

    private final DocTrees docs;
    private final List<Setting> settings;
    private final Map<String, String> lists = new HashMap<>();
    private final Deque<String> path = new ArrayDeque<>();

    Scanner(DocTrees docs, String prefix, List<Setting> settings) {
      this.docs = docs;
      this.settings = settings;
      path.add(prefix);
    }

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      // a nested interface Tls holds the settings below the method tls()
      boolean nested = getCurrentPath().getParentPath().getLeaf() instanceof ClassTree;
      if (nested) {
        String name = type.getSimpleName().toString();
        path.addLast(lists.getOrDefault(name, kebab(name)));
      }
      super.visitClass(type, null);
      if (nested) {
        path.removeLast();
      }
      return null;
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      String type = method.getReturnType().toString();
      boolean group = kebab(type).equals(kebab(method.getName().toString()));
      if (type.startsWith("Map<String, ") && !type.endsWith("RuleMode>")) {
        // its values' own settings are listed where their interface is
        String element = type.substring("Map<String, ".length(), type.length() - 1);
        lists.put(element, kebab(method.getName().toString()) + ".NAME");
        return null;
      }
      if (type.startsWith("List<")) {
        // its elements' own settings are listed where their interface is
        String element = type.substring("List<".length(), type.length() - 1);
        lists.put(element, kebab(method.getName().toString()) + "[N]");
      }
      if (!group) {
        String name = String.join(".", path) + "." + kebab(method.getName().toString());
        String text =
            docs.getDocComment(getCurrentPath())
                .strip()
                .replaceAll("\\s+", " ")
                .replaceAll("\\{@code ([^}]*)\\}", "`$1`");
        settings.add(new Setting(name, defaultValue(method).orElse("none"), text));
      }
      return null;
    }

    private static Optional<String> defaultValue(MethodTree method) {
      return method.getModifiers().getAnnotations().stream()
          .filter(a -> a.getAnnotationType().toString().equals("WithDefault"))
          .map(AnnotationTree::getArguments)
          .flatMap(arguments -> StreamSupport.stream(arguments.spliterator(), false))
          .map(a -> a instanceof AssignmentTree assignment ? assignment.getExpression() : a)
          .map(value -> "`" + ((LiteralTree) value).getValue() + "`")
          .findFirst();
    }

    private static String kebab(String name) {
      return name.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }
  }
}
