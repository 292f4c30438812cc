package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.model.Container;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The time for which a check that reads or writes the volume has to fail before the container is
 * restarted. It is longer than a failover of the storage. A restart in the meantime waits for the
 * same storage, and a process in an uninterruptible read cannot be killed.
 *
 * @param otherwise seconds for checks that write to storage without an entry; the page cache
 *     answers most reads, which get no extra time there
 */
record StorageFailoverTime(int otherwise) {

  /** Commands that wait for the storage, and not only for the page cache or a device. */
  private static final Pattern WRITES =
      Pattern.compile(
          "(?<![\\w.-])(dd|touch|f?sync|tee)(?![\\w.-])|>(?!>?\\s*(/dev/|&))(?!>)|>>(?!\\s*(/dev/|&))");

  /** Returns the target of a check that touches a volume of this Pod. */
  LivenessTarget of(LivenessTarget target, JsonNode check, SingleWriterPod pod) {
    return target.exceeding(stall(check, pod));
  }

  /** Returns the maximum number of seconds that one of the volumes may delay such a check. */
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

  /** Returns whether a check runs a command that names a path on a volume of this Pod. */
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

  /**
   * Returns whether a word names the path itself: {@code /database} is not on a volume at {@code
   * /data}.
   */
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
