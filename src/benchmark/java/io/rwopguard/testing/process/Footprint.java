package io.rwopguard.testing.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Class histogram of a JVM's heap, which the JVM takes after a full collection.
 *
 * @param bytes of all objects
 * @param top the classes that take up most
 */
public record Footprint(long bytes, List<String> top) {

  private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");
  private static final int TIMES = 4;
  private static final int TOP = 12;

  /** The least of several: a request or a buffer in use at the moment is none of the state kept. */
  public static Footprint of(long pid) throws IOException, InterruptedException {
    Footprint least = once(pid);
    for (int i = 1; i < TIMES; i++) {
      Footprint another = once(pid);
      least = another.bytes < least.bytes ? another : least;
    }
    return least;
  }

  private static Footprint once(long pid) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process process =
        new ProcessBuilder(jcmd, Long.toString(pid), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("jcmd failed: " + output);
    }
    Matcher total = TOTAL.matcher(output);
    if (!total.find()) {
      throw new IOException("jcmd printed no total: " + output);
    }
    return new Footprint(
        Long.parseLong(total.group(1)),
        output.lines().filter(line -> line.matches(" *\\d+: .*")).limit(TOP).toList());
  }

  public double mebibytes() {
    return bytes / 1048576.0;
  }
}
