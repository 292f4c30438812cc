package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.workload.Container;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How long a check that reads or writes the volume has to fail before the container is to blame:
 * longer than the storage takes to fail over. A restart meanwhile cannot help, since it waits for
 * the same storage, and a process in an uninterruptible read is not even killed.
 *
 * @param otherwise seconds for checks that write to storage of which nothing is known; a read is
 *     mostly answered by the page cache, and has none there
 */
record StoragePatience(int otherwise) {

  /** Commands that wait for the storage, and not only for the page cache or a device. */
  private static final Pattern WRITES =
      Pattern.compile(
          "(?<![\\w.-])(dd|touch|f?sync|tee)(?![\\w.-])|>(?!>?\\s*(/dev/|&))(?!>)|>>(?!\\s*(/dev/|&))");

  /** The target of a check that touches a volume of this Pod. */
  LivenessTarget of(LivenessTarget target, JsonNode check, SingleWriterPod pod) {
    return target.exceeding(stall(check, pod));
  }

  /** The most seconds that one of the volumes may keep such a check waiting. */
  int stall(JsonNode check, SingleWriterPod pod) {
    int unknown = writes(check) ? otherwise : 0;
    int longest = 0;
    for (Optional<String> driver : pod.driverNames()) {
      longest =
          Math.max(
              longest,
              driver
                  .flatMap(Drivers::of)
                  .map(DriverKnowledge::storageFailoverSeconds)
                  .filter(seconds -> seconds > 0)
                  .orElse(unknown));
    }
    return longest;
  }

  /** Whether a check runs a command that names a place on a volume of this Pod. */
  static boolean touches(JsonNode check, Container container, SingleWriterPod pod) {
    for (JsonNode mount : container.json().path("volumeMounts")) {
      String path = mount.path("mountPath").asText().replaceFirst("/+$", "");
      if (!path.isEmpty() && pod.volumes().contains(mount.path("name").asText())) {
        for (JsonNode word : check.path("exec").path("command")) {
          if (names(word.asText(), path)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean writes(JsonNode check) {
    for (JsonNode word : check.path("exec").path("command")) {
      if (WRITES.matcher(word.asText()).find()) {
        return true;
      }
    }
    return false;
  }

  /** Not {@code /database} for a volume at {@code /data}. */
  private static boolean names(String word, String path) {
    for (int at = word.indexOf(path); at >= 0; at = word.indexOf(path, at + 1)) {
      int end = at + path.length();
      boolean begins = at == 0 || !isPartOfName(word.charAt(at - 1));
      if (begins && (end == word.length() || !isPartOfName(word.charAt(end)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPartOfName(char character) {
    return Character.isLetterOrDigit(character)
        || character == '-'
        || character == '_'
        || character == '.';
  }
}
