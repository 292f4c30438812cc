package io.rwopguard.lint;

import io.rwopguard.manifests.Place;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.Printable;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Help.Ansi;

/** Writes a report for people: one line for each finding, with the line of the file. */
final class TextReport {

  private static final int MOST_ALTERNATIVES = 5;

  private final Ansi ansi;
  private final Function<String, List<String>> lines;

  /**
   * Creates a report with or without colors.
   *
   * @param lines returns the lines of a source
   */
  TextReport(Ansi ansi, Function<String, List<String>> lines) {
    this.ansi = ansi;
    this.lines = lines;
  }

  String of(LintResult result) {
    StringBuilder text = new StringBuilder();
    for (Unreadable each : result.unreadable()) {
      head(text, each.source(), each.place(), "error", "red", each.problem());
      caret(text, each.source(), each.place());
    }
    for (LintFinding each : result.findings()) {
      Severity severity = each.finding().severity();
      head(
          text,
          each.manifest().source(),
          each.place(),
          severity.label(),
          severity == Severity.DENY ? "red" : severity == Severity.WARN ? "yellow" : "cyan",
          each.finding().message());
      caret(text, each.manifest().source(), each.place());
      text.append("  = ").append(Printable.line(each.object()));
      each.manifest()
          .template()
          .ifPresent(from -> text.append(", from ").append(Printable.line(from)));
      text.append('\n');
    }
    for (Unreadable each : result.skipped()) {
      head(text, each.source(), each.place(), "note", "cyan", each.problem());
    }
    alternatives(text, result.alternatives());
    text.append(summary(result)).append('\n');
    return text.toString();
  }

  private void alternatives(StringBuilder text, List<Alternative> all) {
    all.stream()
        .limit(MOST_ALTERNATIVES)
        .forEach(
            each ->
                text.append(ansi.string("@|bold,cyan note|@"))
                    .append(": ")
                    .append(Printable.line(each.message()))
                    .append('\n'));
    if (all.size() > MOST_ALTERNATIVES) {
      text.append(ansi.string("@|bold,cyan note|@"))
          .append(
              ": The same applies to %s; --format json lists all.%n"
                  .formatted(counted(all.size() - MOST_ALTERNATIVES, "more object")));
    }
  }

  private void head(
      StringBuilder text, String source, Place place, String what, String colour, String message) {
    text.append(ansi.string("@|bold %s:%d:%d|@".formatted(source, place.line(), place.column())))
        .append(": ")
        .append(ansi.string("@|bold,%s %s|@".formatted(colour, what)))
        .append(": ")
        .append(Printable.line(message))
        .append('\n');
  }

  private void caret(StringBuilder text, String source, Place place) {
    List<String> all = lines.apply(source);
    if (place.line() > all.size()) {
      return;
    }
    String line = Printable.line(all.get(place.line() - 1).replace('\t', ' '));
    int from = Math.min(place.column() - 1, line.length());
    int length = Math.max(1, Math.min(place.length(), line.length() - from));
    text.append("%5d | %s%n".formatted(place.line(), line))
        .append("      | ")
        .append(" ".repeat(from))
        .append(ansi.string("@|bold %s|@".formatted("^".repeat(length))))
        .append('\n');
  }

  static String summary(LintResult result) {
    String unreadable =
        result.unreadable().isEmpty()
            ? ""
            : ", %s not read".formatted(counted(result.unreadable().size(), "part"));
    return "%s, %s: %d deny, %d warn, %d audit%s"
        .formatted(
            counted(result.files(), "file"),
            counted(result.objects(), "object"),
            result.count(Severity.DENY),
            result.count(Severity.WARN),
            result.count(Severity.AUDIT),
            unreadable);
  }

  private static String counted(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }
}
