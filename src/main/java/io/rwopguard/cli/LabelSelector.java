package io.rwopguard.cli;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses a label selector by the grammar of k8s.io/apimachinery pkg/labels. An invalid one is a
 * usage error, whether or not an API server is available.
 */
final class LabelSelector implements ITypeConverter<String> {

  private static final String NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
  private static final String KEY = "(?:" + NameValidation.SUBDOMAIN.pattern() + "/)?" + NAME;
  private static final String VALUE = "(?:" + NAME + ")?";
  private static final String REQUIREMENT =
      ("\\s*(?:!\\s*%1$s"
              + "|%1$s\\s*(?:==|=|!=)\\s*%2$s"
              + "|%1$s\\s*[<>]\\s*[0-9]+"
              + "|%1$s\\s+(?:in|notin)\\s*\\(\\s*%2$s\\s*(?:,\\s*%2$s\\s*)*\\)"
              + "|%1$s)\\s*")
          .formatted(KEY, VALUE);
  private static final Pattern SELECTOR =
      Pattern.compile(REQUIREMENT + "(?:," + REQUIREMENT + ")*");

  @Override
  public String convert(String value) {
    if (value.isBlank()) {
      throw new TypeConversionException(
          "it is empty, and would select every claim; write labels such as app=db");
    }
    if (!SELECTOR.matcher(value).matches()) {
      throw new TypeConversionException(
          "\"%s\" is not a label selector; write labels such as app=db, tier in (db,queue) or !backup"
              .formatted(value));
    }
    return value;
  }
}
