package io.rwopguard.testing.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the commands that a document shows, and writes what they print beside them. */
public final class ShownCommands {

  private static final String PROMPT = "$ ";

  private static final String FENCE = "```";

  private ShownCommands() {}

  /** Runs a command, and returns what it prints. */
  public interface Shell {
    String run(String command) throws Exception;
  }

  /**
   * Runs every command that begins with this, in their order, and returns the document with their
   * output in place of what it shows.
   */
  public static String rerun(Path document, String program, Shell shell) throws Exception {
    List<String> lines = new ArrayList<>();
    boolean skips = false;
    for (String line : Files.readAllLines(document)) {
      boolean command = line.startsWith(PROMPT);
      if (command || line.equals(FENCE)) {
        skips = false;
      }
      if (!skips) {
        lines.add(line);
      }
      if (command && line.startsWith(PROMPT + program + " ")) {
        shell.run(line.substring(PROMPT.length())).lines().forEach(lines::add);
        skips = true;
      }
    }
    return String.join("\n", lines) + "\n";
  }
}
