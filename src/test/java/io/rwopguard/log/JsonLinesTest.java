package io.rwopguard.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

class JsonLinesTest {

  /** The line that the console handler writes with the filter. */
  private static String line(ExtLogRecord entry) {
    assertThat(new JsonLines().isLoggable(entry)).isTrue();
    return new PatternFormatter("%s%n").format(entry);
  }

  @Test
  void an_entry_is_one_line_of_json_whatever_its_message_holds() throws Exception {
    String message = "a\nb \"c\" {0} %s %n \u2028 \\";
    ExtLogRecord entry = new ExtLogRecord(Level.WARN, message, JsonLinesTest.class.getName());
    entry.setLoggerName("io.rwopguard.admission");

    String line = line(entry);

    assertThat(line.strip().lines()).hasSize(1);
    JsonNode json = new JsonMapper().readTree(line);
    assertThat(json.path("message").asText()).isEqualTo(message);
    assertThat(json.path("level").asText()).isEqualTo("WARN");
    assertThat(json.path("loggerName").asText()).isEqualTo("io.rwopguard.admission");
    assertThat(json.path("timestamp").asText()).startsWith("20");
  }

  @Test
  void a_stack_trace_is_a_field_of_the_line() throws Exception {
    ExtLogRecord entry =
        new ExtLogRecord(
            Level.ERROR,
            "failed on %s",
            ExtLogRecord.FormatStyle.PRINTF,
            JsonLinesTest.class.getName());
    entry.setParameters(new Object[] {"a claim"});
    entry.setThrown(new IllegalStateException("a\nb", new RuntimeException("c")));

    String line = line(entry);

    assertThat(line.strip().lines()).hasSize(1);
    JsonNode json = new JsonMapper().readTree(line);
    assertThat(json.path("message").asText()).isEqualTo("failed on a claim");
    assertThat(json.path("stackTrace").asText())
        .contains("IllegalStateException: a\nb", "\tat ", "Caused by: ");
  }
}
