package io.rwopguard.migration.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks the format of the annotations against texts that earlier versions have written. */
class MigrationJournalTest {

  private static final String OF_SET =
      "{\"namespace\":\"shop\",\"name\":\"data-db-0\",\"claims\":[\"data-db-0\",\"data-db-1\"],\"from\":[\"ReadWriteOnce\"],\"rollback\":false,\"policy\":\"Delete\",\"workloadKind\":\"STATEFUL_SET\",\"workload\":\"db\",\"template\":\"data\",\"replicas\":2,\"ofReplicas\":[{\"manager\":\"helm\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}],\"since\":\"2026-11-28T00:00:00Z\",\"fleet\":\"night \\\"1\\\"\",\"nodes\":[\"n1\",\"n2\"],\"alone\":true}";

  private static final String OF_CLAIM =
      "{\"namespace\":\"shop\",\"name\":\"data\",\"claims\":[\"data\"],\"from\":[\"ReadWriteOnce\"],\"rollback\":true,\"template\":\"\",\"replicas\":0,\"ofReplicas\":[],\"since\":\"2026-11-28T00:00:00Z\",\"fleet\":\"\",\"nodes\":[],\"alone\":false}";

  private static final String RUN =
      "{\"id\":\"i\",\"by\":\"ann\",\"host\":\"h\",\"pids\":\"b pid:[1]\",\"pid\":42,\"started\":\"2026-11-28T00:00:00.120Z\",\"since\":\"2026-11-28T00:00:01Z\",\"until\":\"2026-11-28T00:01:01Z\"}";

  @ParameterizedTest
  @ValueSource(strings = {OF_SET, OF_CLAIM})
  void writes_a_record_as_it_was_written(String text) {
    assertThat(MigrationRecord.parse(text).toJson()).isEqualTo(text);
  }

  @Test
  void reads_every_field_of_a_record() {
    MigrationRecord record = MigrationRecord.parse(OF_SET);

    assertThat(record.claim()).isEqualTo(new ClaimKey("shop", "data-db-0"));
    assertThat(record.claims()).containsExactly("data-db-0", "data-db-1");
    assertThat(record.from()).containsExactly("ReadWriteOnce");
    assertThat(record.rollback()).isFalse();
    assertThat(record.policy()).contains("Delete");
    assertThat(record.workload()).contains(new ObjectKey(Kind.STATEFUL_SET, "shop", "db"));
    assertThat(record.template()).isEqualTo("data");
    assertThat(record.replicas()).isEqualTo(2);
    assertThat(record.ofReplicas().path(0).path("manager").asText()).isEqualTo("helm");
    assertThat(record.since()).isEqualTo(Instant.parse("2026-11-28T00:00:00Z"));
    assertThat(record.fleet()).isEqualTo("night \"1\"");
    assertThat(record.nodes()).containsExactly("n1", "n2");
    assertThat(record.alone()).isTrue();
  }

  @Test
  void a_field_that_an_earlier_version_did_not_write_has_its_default() {
    assertThat(MigrationRecord.parse("{\"since\":\"2026-11-28T00:00:00Z\"}"))
        .isEqualTo(
            new MigrationRecord(
                new ClaimKey("", ""),
                List.of(),
                List.of(),
                false,
                Optional.empty(),
                Optional.empty(),
                "",
                0,
                MissingNode.getInstance(),
                Instant.parse("2026-11-28T00:00:00Z"),
                "",
                List.of(),
                true));
  }

  @Test
  void managers_that_were_absent_are_written_as_null() {
    MigrationRecord record = MigrationRecord.parse("{\"since\":\"2026-11-28T00:00:00Z\"}");

    assertThat(record.toJson()).contains(",\"replicas\":0,\"ofReplicas\":null,\"since\":");
    assertThat(MigrationRecord.parse(record.toJson()).ofReplicas())
        .isEqualTo(JsonNodeFactory.instance.nullNode());
  }

  @Test
  void a_field_of_a_later_version_is_ignored() {
    assertThat(MigrationRecord.parse(OF_SET.replaceFirst("\\{", "{\"later\":{\"a\":[1]},")))
        .isEqualTo(MigrationRecord.parse(OF_SET));
  }

  @Test
  void an_empty_policy_is_none() {
    assertThat(MigrationRecord.parse(OF_SET.replace("Delete", "")).policy()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "5",
        "\"text\"",
        "{",
        "{}",
        "{\"since\":null}",
        "{\"since\":\"yesterday\"}",
        "{\"since\":\"2026-11-28T00:00:00Z\",\"workload\":\"db\"}",
        "{\"since\":\"2026-11-28T00:00:00Z\",\"workload\":\"db\",\"workloadKind\":\"CAR\"}"
      })
  void a_text_of_another_program_is_no_record(String text) {
    assertThatThrownBy(() -> MigrationRecord.parse(text))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "rwop-guard did not write the annotation rwop-guard.io/migration of this volume");
    assertThat(MigrationJournal.readRun(text)).isEmpty();
  }

  @Test
  void writes_a_run_as_it_was_written() {
    MigrationRun run = MigrationJournal.readRun(RUN).orElseThrow();

    assertThat(run)
        .isEqualTo(
            new MigrationRun(
                "i",
                "ann",
                "h",
                "b pid:[1]",
                42,
                Instant.parse("2026-11-28T00:00:00.120Z"),
                Instant.parse("2026-11-28T00:00:01Z"),
                Instant.parse("2026-11-28T00:01:01Z")));
    assertThat(run.toJson()).isEqualTo(RUN);
  }

  @Test
  void a_run_of_another_version_may_lack_fields_or_have_more() {
    String run =
        "{\"since\":\"2026-11-28T00:00:01Z\",\"until\":\"2026-11-28T00:01:01Z\",\"started\":\"2026-11-28T00:00:00Z\",\"more\":1}";
    assertThat(MigrationJournal.readRun(run))
        .hasValueSatisfying(
            found -> {
              assertThat(found.id()).isEmpty();
              assertThat(found.pid()).isZero();
            });
  }

  /** A run that is read as none holds nothing, so a second one would start beside it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"pid\":\"x\"",
        "\"pid\":null",
        "\"pid\":1.5",
        "\"pid\":99999999999999999999",
        "\"pid\":{}",
        "\"pids\":[\"b\"]",
        "\"by\":5",
        "\"host\":null",
        "\"id\":{\"a\":1}"
      })
  void a_run_with_a_field_of_another_type_still_holds(String field) {
    String name = field.substring(0, field.indexOf(':'));
    String text = RUN.replaceFirst(name + ":(\"[^\"]*\"|\\d+)", field);
    assertThat(text).contains(field);
    assertThat(MigrationJournal.readRun(text))
        .hasValueSatisfying(
            run -> assertThat(run.until()).isEqualTo(Instant.parse("2026-11-28T00:01:01Z")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "replicas | \"2\" | 2",
        "replicas | \"2.7\" | 2",
        "replicas | \"x\" | 0",
        "replicas | true | 1",
        "replicas | null | 0",
        "replicas | 3000000000 | -1294967296",
        "rollback | \"x\" | false",
        "rollback | \"TRUE\" | false",
        "rollback | \"true\" | true",
        "rollback | 1 | true",
        "alone | \"False\" | true",
        "alone | \"false\" | false",
        "alone | null | true",
        "alone | 0 | false",
        "claims | \"data\" | []",
        "claims | [1, null] | [1, null]",
        "claims | null | []",
        "nodes | {\"a\": \"n1\"} | [n1]",
        "template | null | ''",
        "fleet | 5 | 5",
        "policy | null | Optional.empty",
        "workload | null | Optional[StatefulSet null]",
        "workload | 5 | Optional[StatefulSet 5]"
      })
  void a_record_with_a_field_of_another_type_is_read_as_far_as_it_can_be(
      String name, String value, String read) throws Exception {
    JsonMapper json = new JsonMapper();
    ObjectNode record = (ObjectNode) json.readTree(OF_SET);
    record.set(name, json.readTree(value));
    String text = record.toString();
    assertThat(MigrationRecord.parse(text))
        .extracting(name)
        .extracting(String::valueOf)
        .isEqualTo(read);
  }
}
