package io.rwopguard.testing.nodes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A table of what happened: printed row by row, and kept for the documents. */
public final class ResultTable {

  private final Path file;
  private final String topic;
  private final List<String> lines = new ArrayList<>();

  public ResultTable(String name, String... columns) {
    file = Path.of("target", name + ".md");
    topic = name.split("-", 2)[0];
    lines.add("| " + String.join(" | ", columns) + " |");
    lines.add("|" + "---|".repeat(columns.length));
  }

  public synchronized void add(String... cells) {
    String row = "| " + String.join(" | ", cells) + " |";
    lines.add(row);
    System.err.printf("[%s] %s%n", topic, row);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, String.join("\n", lines) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
