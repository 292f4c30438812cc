package io.rwopguard.testing.process;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Size of a process, as the kernel of Linux reports it.
 *
 * @param threads their number by name
 * @param arenas of the C library's malloc, beside the main one
 * @param residentKib its largest resident memory until now
 */
public record ProcessSize(Map<String, Integer> threads, int arenas, long residentKib) {

  private static final Pattern MAPPING =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S+) \\S+ \\S+ 0 *");

  /** The size of an arena's heap in the address space, to a multiple of which it is aligned. */
  private static final BigInteger HEAP = BigInteger.valueOf(64L << 20);

  public static ProcessSize of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    return new ProcessSize(threads(process), arenas(process), resident(process));
  }

  public int threadCount() {
    return threads.values().stream().mapToInt(Integer::intValue).sum();
  }

  private static Map<String, Integer> threads(Path process) throws IOException {
    Map<String, Integer> threads = new TreeMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
      for (Path task : tasks) {
        try {
          String name = Files.readString(task.resolve("comm")).strip();
          threads.merge(name.replaceAll("[-#0-9]+$", ""), 1, Integer::sum);
        } catch (NoSuchFileException e) {
          // the thread has ended
        }
      }
    }
    return threads;
  }

  /** Counts pairs of what is used of a heap and what is only reserved of it. */
  private static int arenas(Path process) throws IOException {
    List<String> mappings = Files.readAllLines(process.resolve("maps"));
    int arenas = 0;
    for (int i = 0; i + 1 < mappings.size(); i++) {
      Matcher used = MAPPING.matcher(mappings.get(i));
      Matcher reserved = MAPPING.matcher(mappings.get(i + 1));
      if (used.matches()
          && reserved.matches()
          && used.group(3).startsWith("rw")
          && reserved.group(3).startsWith("---")
          && used.group(2).equals(reserved.group(1))) {
        BigInteger start = new BigInteger(used.group(1), 16);
        BigInteger end = new BigInteger(reserved.group(2), 16);
        if (start.mod(HEAP).signum() == 0 && end.subtract(start).equals(HEAP)) {
          arenas++;
        }
      }
    }
    return arenas;
  }

  private static long resident(Path process) throws IOException {
    return Files.readAllLines(process.resolve("status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }
}
