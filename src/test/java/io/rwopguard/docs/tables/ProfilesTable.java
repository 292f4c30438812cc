package io.rwopguard.docs.tables;

import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tables of what is right for which engine. */
public final class ProfilesTable {

  private ProfilesTable() {}

  public static String known() {
    return Stream.concat(
            Stream.of(
                "| engine | images | checked over TCP | a check may take | grace period |",
                "|---|---|---|---|---|"),
            Profiles.all().stream().map(ProfilesTable::line))
        .collect(Collectors.joining("\n"));
  }

  private static String line(Profile profile) {
    return "| %s | %s | %s | %s | %s |"
        .formatted(
            profile.title(),
            profile.images().stream()
                .sorted()
                .map("`%s`"::formatted)
                .collect(Collectors.joining(", ")),
            tcp(profile),
            patience(profile),
            profile.keepsGrace() ? "kept: " + profile.grace().why() : "0");
  }

  private static String tcp(Profile profile) {
    if (!profile.tcp().value()) {
      return "no: %s. `%s`".formatted(profile.tcp().why(), profile.remedy().replace("|", "\\|"));
    }
    return profile.ports().stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static String patience(Profile profile) {
    return Stream.of(
            profile.slowCheck().map(slow -> slow.value() + " s to answer: " + slow.why()),
            profile.patience().map(wait -> wait.value() + " s to fail: " + wait.why()))
        .flatMap(Optional::stream)
        .collect(Collectors.joining("; "));
  }

  public static String sources() {
    return Stream.concat(
            Stream.of("| engine | statement | source |", "|---|---|---|"),
            Profiles.all().stream().flatMap(ProfilesTable::sourcesOf))
        .collect(Collectors.joining("\n"));
  }

  private static Stream<String> sourcesOf(Profile profile) {
    return Stream.of(
            List.of("TCP", profile.tcp().source()),
            List.of("slow check", profile.slowCheck().map(each -> each.source()).orElse("")),
            List.of("patience", profile.patience().map(each -> each.source()).orElse("")),
            List.of("grace period", profile.grace().source()))
        .filter(statement -> !statement.get(1).isEmpty())
        .map(
            statement ->
                "| %s | %s | %s |"
                    .formatted(
                        profile.title(), statement.get(0), statement.get(1).replace("|", "\\|")));
  }
}
