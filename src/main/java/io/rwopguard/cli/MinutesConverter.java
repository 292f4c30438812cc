package io.rwopguard.cli;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses the number of minutes that a command waits. */
final class MinutesConverter implements ITypeConverter<Duration> {

  private static final int MOST = 7 * 24 * 60;

  @Override
  public Duration convert(String value) {
    try {
      int minutes = Integer.parseInt(value);
      if (minutes >= 1 && minutes <= MOST) {
        return Duration.ofMinutes(minutes);
      }
    } catch (NumberFormatException notANumber) {
      // no number, or too large for the type: the same message
    }
    throw new TypeConversionException(
        "\"%s\" is not a number of minutes; write a whole number from 1 to %d"
            .formatted(value, MOST));
  }
}
