package io.rwopguard.it;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command that starts the packaged program. */
final class PackagedProgram {

  private static final String JAR =
      Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString();

  /**
   * Tests start hundreds of processes that end within seconds. Most of their processor time goes to
   * the second compiler and to threads that collect garbage; without them it is half.
   */
  private static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private PackagedProgram() {}

  /** The command of a test that measures nothing; arguments of the program may follow. */
  static List<String> shortLived(List<String> jvm) {
    List<String> options = new ArrayList<>(SHORT_LIVED);
    options.addAll(jvm);
    return Sample.isWhole() ? asInstalled(jvm) : asInstalled(options);
  }

  /** The same as users start it, for what is measured. */
  static List<String> asInstalled(List<String> jvm) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(List.of("-jar", JAR));
    return command;
  }
}
