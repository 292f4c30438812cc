package io.rwopguard.it.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A table of what happened: printed row by row, and kept for docs/failover.md. */
final class FailoverTable {

  private final Path file;
  private final List<String> lines = new ArrayList<>();

  FailoverTable(String name, String... columns) {
    file = Path.of("target", name + ".md");
    lines.add("| " + String.join(" | ", columns) + " |");
    lines.add("|" + "---|".repeat(columns.length));
  }

  void add(String... cells) {
    String row = "| " + String.join(" | ", cells) + " |";
    lines.add(row);
    System.err.println("[failover] " + row);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, String.join("\n", lines) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
