package io.rwopguard.log;

import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.JsonFormatter;
import org.jboss.logmanager.formatters.StructuredFormatter.ExceptionOutputType;

/**
 * Writes each entry of the log as one line of JSON, where {@code quarkus.log.console.filter} is
 * {@code json} and {@code quarkus.log.console.format} is {@code %s%n}. A filter is the only part of
 * a handler that an application can name in its settings. It replaces the message by the JSON of
 * the whole entry, with the stack trace in it.
 */
@LoggingFilter(name = "json")
public final class JsonLines implements Filter {

  /** Loads the classes that write JSON with the first entry, and never where no setting asks. */
  private static final class Json {
    static final JsonFormatter FORMATTER = new JsonFormatter();

    static {
      FORMATTER.setExceptionOutputType(ExceptionOutputType.FORMATTED);
    }
  }

  @Override
  public boolean isLoggable(LogRecord entry) {
    ExtLogRecord line = ExtLogRecord.wrap(entry);
    String json = Json.FORMATTER.format(line).strip();
    line.setMessage(json, ExtLogRecord.FormatStyle.NO_FORMAT);
    line.setThrown(null);
    return true;
  }
}
