package io.rwopguard.docs.tables;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.DriverStatement;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes what is known of drivers as the parts of docs/reference/drivers.md. */
public final class DriversTable {

  private DriversTable() {}

  /** Returns what each kind of revocation means, and under which release it is enough. */
  public static String revocations() {
    return "| value | what it means | `revokesOnUnpublish: true` is accepted with |\n|---|---|---|\n"
        + Arrays.stream(Revocation.values())
            .map(
                each -> "| `%s` | %s | %s |%n".formatted(each.id(), each.meaning(), accepted(each)))
            .collect(Collectors.joining());
  }

  private static String accepted(Revocation revocation) {
    String releases =
        Arrays.stream(VolumeRelease.values())
            .filter(
                release ->
                    revocation.onUnpublish(release == VolumeRelease.OUT_OF_SERVICE) != Answer.NO)
            .map(release -> "`" + release.name().toLowerCase(Locale.ROOT).replace('_', '-') + "`")
            .collect(Collectors.joining(", "));
    return releases.isEmpty() ? "no release" : releases;
  }

  /** Returns a row for each driver. */
  public static String known() {
    return "| driver | names | attach | loses access | stale | SNMW | fails over |\n|---|---|---|---|---|---|---|\n"
        + Drivers.all().stream().map(DriversTable::row).collect(Collectors.joining());
  }

  private static String row(DriverKnowledge driver) {
    return "| %s | %s | %s | %s | %s | %s | %s |%n"
        .formatted(
            driver.title(),
            driver.names().stream().map(name -> "`" + name + "`").collect(Collectors.joining(", ")),
            limited(driver.attachRequired().id(), driver.attaching()),
            limited("`" + driver.revocation().id() + "`", driver.revoking()),
            driver.staleMappings().id(),
            limited(driver.singleNodeMultiWriter().id(), driver.multiWriter()),
            driver.stall().map(known -> limited(known.value() + " s", known)).orElse(""));
  }

  private static String limited(String value, DriverStatement<?> known) {
    return value
        + (known.since().isEmpty() ? "" : ", since " + known.since())
        + (known.condition().isEmpty() ? "" : ", if " + known.condition());
  }

  /** Returns the sources of each driver's statements. */
  public static String sources() {
    return Drivers.all().stream().map(DriversTable::sources).collect(Collectors.joining("\n"));
  }

  private static String sources(DriverKnowledge driver) {
    return "**%s**%n%n| statement | source |%n|---|---|%n| attach | %s |%n| loses access | %s |%n| stale | %s |%n| SNMW | %s |%n"
            .formatted(
                driver.title(),
                driver.attaching().source(),
                driver.revoking().source(),
                driver.stale().source(),
                driver.multiWriter().source())
        + driver.stall().map(known -> "| fails over | %s |%n".formatted(known.source())).orElse("");
  }
}
