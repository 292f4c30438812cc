package io.rwopguard.migration.fleet;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reports the results of a fleet, for people and for programs. */
public final class FleetReport {

  /** The result for the claims of one workload. */
  public enum Outcome {
    /** The claims can be migrated. */
    READY,
    /** A migration of the claims was started and interrupted. */
    INTERRUPTED,
    MOVED,
    /** The claims are ReadWriteOnce again. */
    ROLLED_BACK,
    /** A check refused the migration; this run changed nothing. */
    REFUSED,
    /** The migration did not complete; the same command resumes it. */
    FAILED,
    /** The migration was not started, because of a pause or of too many failures. */
    NOT_STARTED
  }

  /**
   * The claims of one workload.
   *
   * @param message why they were not migrated; empty if they were
   * @param downtime the downtime of the workload, estimated or measured
   * @param took how long the migration took
   */
  public record Entry(
      List<ClaimKey> claims,
      Outcome outcome,
      String message,
      Optional<Duration> downtime,
      Optional<Duration> took) {

    public Entry {
      claims = List.copyOf(claims);
    }
  }

  private static final JsonMapper JSON = new JsonMapper();

  private final List<Entry> entries = new ArrayList<>();

  synchronized void add(Entry entry) {
    entries.add(entry);
  }

  /** Returns all entries, in the order in which they ended. */
  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Returns whether all claims are migrated, or could be. */
  public boolean isWhole() {
    return entries().stream()
        .allMatch(
            each ->
                each.outcome() == Outcome.MOVED
                    || each.outcome() == Outcome.ROLLED_BACK
                    || each.outcome() == Outcome.READY
                    || each.outcome() == Outcome.INTERRUPTED);
  }

  private Map<Outcome, Long> counts() {
    return entries().stream()
        .collect(
            Collectors.groupingBy(
                Entry::outcome, () -> new EnumMap<>(Outcome.class), Collectors.counting()));
  }

  /** Returns a line for each workload, and one for all. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Entry entry : entries()) {
      String claims =
          entry.claims().stream().map(ClaimKey::toString).collect(Collectors.joining(", "));
      String downtime =
          entry
              .downtime()
              .map(time -> ", downtime %d s".formatted(Math.max(1, time.toSeconds())))
              .orElse("");
      lines.add("%-9s  %s%s".formatted(name(entry.outcome()), claims, downtime));
      entry.message().lines().forEach(line -> lines.add("           " + line));
    }
    lines.add(
        counts().entrySet().stream()
            .map(each -> "%d %s".formatted(each.getValue(), name(each.getKey())))
            .collect(Collectors.joining(", ", "Workloads: ", entries.isEmpty() ? "none" : "")));
    return lines;
  }

  static String name(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Returns the report as JSON. */
  public String toJson() {
    ObjectNode json = JSON.createObjectNode();
    ObjectNode counts = json.putObject("counts");
    counts().forEach((outcome, count) -> counts.put(name(outcome), count));
    ArrayNode all = json.putArray("workloads");
    for (Entry entry : entries()) {
      ObjectNode each = all.addObject();
      ArrayNode claims = each.putArray("claims");
      entry.claims().forEach(claim -> claims.add(claim.toString()));
      each.put("outcome", name(entry.outcome()));
      if (!entry.message().isEmpty()) {
        each.put("message", entry.message());
      }
      entry.downtime().ifPresent(time -> each.put("downtimeSeconds", time.toMillis() / 1000.0));
      entry.took().ifPresent(time -> each.put("seconds", time.toMillis() / 1000.0));
    }
    return json.toPrettyString() + "\n";
  }
}
