package io.rwopguard.cli;

import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Checks names of Kubernetes objects by RFC 1123, as the API server does. */
final class NameValidation {

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");

  /** The pattern of objects' names, and of the prefixes of label keys. */
  static final Pattern SUBDOMAIN =
      Pattern.compile(LABEL.pattern() + "(\\." + LABEL.pattern() + ")*");

  private static final Pattern UPPER_CASE = Pattern.compile("[A-Z]");
  private static final int LONGEST_LABEL = 63;
  private static final int LONGEST_SUBDOMAIN = 253;

  private NameValidation() {}

  /** Parses a namespace of the command line. */
  static final class Namespace implements ITypeConverter<String> {

    @Override
    public String convert(String value) {
      ofNamespace(value)
          .ifPresent(
              problem -> {
                throw new TypeConversionException(problem);
              });
      return value;
    }
  }

  /** Returns the problem with the name of a namespace; empty if there is none. */
  static Optional<String> ofNamespace(String name) {
    return problem("namespace", name, LABEL, LONGEST_LABEL, "lower-case letters, digits and \"-\"");
  }

  /** Returns the problem with the name of an object in a namespace; empty if there is none. */
  static Optional<String> ofObject(String what, String name) {
    return problem(
        what, name, SUBDOMAIN, LONGEST_SUBDOMAIN, "lower-case letters, digits, \"-\" and \".\"");
  }

  private static Optional<String> problem(
      String what, String name, Pattern pattern, int longest, String characters) {
    if (name.isEmpty()) {
      return Optional.of("the name of the %s is empty".formatted(what));
    }
    if (name.length() > longest) {
      return Optional.of(
          "the name of the %s has %d characters; the maximum is %d"
              .formatted(what, name.length(), longest));
    }
    if (pattern.matcher(name).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        UPPER_CASE.matcher(name).find()
            ? "the %s \"%s\" has upper-case letters, which Kubernetes does not allow (RFC 1123)"
                .formatted(what, name)
            : "the %s \"%s\" is not a valid Kubernetes name (RFC 1123): write %s only, a letter or a digit first and last"
                .formatted(what, name, characters));
  }
}
