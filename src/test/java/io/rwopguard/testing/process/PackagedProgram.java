package io.rwopguard.testing.process;

import io.rwopguard.testing.Sample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command that starts the packaged program. */
public final class PackagedProgram {

  private static final String JAR =
      Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString();

  /** The second compiler and threads that collect garbage pay off only in longer processes. */
  private static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private PackagedProgram() {}

  /** The command of a test that measures nothing; with {@code -Dtables=whole}, all may measure. */
  public static List<String> shortLived(List<String> jvm, String... arguments) {
    List<String> options = new ArrayList<>();
    if (!Sample.isWhole()) {
      options.addAll(SHORT_LIVED);
      options.addAll(SharedClasses.OPTIONS);
    }
    options.addAll(jvm);
    return asInstalled(options, arguments);
  }

  /** The command of the process whose classes {@link SharedClasses} keeps. */
  static List<String> training(Path archive, List<String> jvm) {
    List<String> options = new ArrayList<>(SHORT_LIVED);
    options.add("-XX:ArchiveClassesAtExit=" + archive);
    options.addAll(jvm);
    return asInstalled(options);
  }

  /** Returns the same command as users start it, for measurements. */
  public static List<String> asInstalled(List<String> jvm, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(List.of("-jar", JAR));
    command.addAll(List.of(arguments));
    return command;
  }
}
