package io.rwopguard.cli;

import io.rwopguard.model.ClaimKey;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * A claim in the form of the command line: NAMESPACE/CLAIM, or the namespace alone if an option
 * selects the claims.
 *
 * @param name the claim's name; empty if the argument is only the namespace
 */
record ClaimArgument(String namespace, Optional<String> name) {

  static final String LABEL = "NAMESPACE/CLAIM";

  /** Reads one argument. */
  static final class Converter implements ITypeConverter<ClaimArgument> {

    @Override
    public ClaimArgument convert(String value) {
      String[] parts = value.split("/", -1);
      if (parts.length > 2) {
        throw wrong(value, "it has %d slashes instead of one".formatted(parts.length - 1));
      }
      Optional<String> claim = parts.length == 1 ? Optional.empty() : Optional.of(parts[1]);
      NameValidation.ofNamespace(parts[0])
          .or(() -> claim.flatMap(name -> NameValidation.ofObject("claim", name)))
          .ifPresent(
              problem -> {
                throw wrong(value, problem);
              });
      return new ClaimArgument(parts[0], claim);
    }

    private static TypeConversionException wrong(String value, String problem) {
      return new TypeConversionException("\"%s\": %s; write %s".formatted(value, problem, LABEL));
    }
  }

  /** Returns the claim. */
  ClaimKey key(CommandLine command) {
    return new ClaimKey(
        namespace,
        name.orElseThrow(
            () ->
                new ParameterException(
                    command,
                    "\"%s\" is a namespace without a claim; write %s"
                        .formatted(namespace, LABEL))));
  }

  /** Returns the namespace of the claims that an option selects. */
  String namespaceAlone(CommandLine command, String option) {
    if (name.isPresent()) {
      throw new ParameterException(
          command,
          "\"%s/%s\" names a claim, and %s selects claims; write the namespace alone, or leave %s out"
              .formatted(namespace, name.get(), option, option));
    }
    return namespace;
  }
}
