package io.rwopguard.rules;

import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Objects that some rules, or all rules, do not check. An object has to match every field that is
 * given.
 *
 * @param namespace a name in which {@code *} matches any text
 * @param kind the kind as in a manifest; a Scale has the kind that it scales
 * @param name a name in which {@code *} matches any text
 * @param rules ids; all rules if there are none
 */
public record Exemption(
    Optional<Pattern> namespace, Optional<String> kind, Optional<Pattern> name, Set<String> rules) {

  public Exemption {
    rules = Set.copyOf(rules);
  }

  /** Returns whether this rule skips this object. */
  boolean covers(String rule, ObjectFacts object) {
    Kind scaled =
        object.kind() == Kind.SCALE
            ? object.scaleTarget().map(ObjectKey::kind).orElse(Kind.SCALE)
            : object.kind();
    return (rules.isEmpty() || rules.contains(rule))
        && fits(namespace, object.namespace())
        && fits(name, object.name())
        && kind.map(
                wanted ->
                    wanted.equals(scaled.kindName()) || wanted.equals(object.kind().kindName()))
            .orElse(true);
  }

  /** Returns whether all rules and mutations skip this object. */
  public boolean coversAll(ObjectFacts object) {
    return rules.isEmpty() && covers("", object);
  }

  private static boolean fits(Optional<Pattern> pattern, String text) {
    return pattern.map(wanted -> wanted.matcher(text).matches()).orElse(true);
  }

  /** Returns the pattern of a name in which {@code *} matches any text. */
  public static Pattern pattern(String name) {
    return Pattern.compile(
        Arrays.stream(name.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }
}
