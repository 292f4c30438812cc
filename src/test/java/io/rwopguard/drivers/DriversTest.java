package io.rwopguard.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriversTest {

  private static final Pattern READ = Pattern.compile("read \\d{4}-\\d{2}\\)$");
  private static final Pattern HOST = Pattern.compile("https?:|www\\.|github\\.com|docs\\.");

  private static final String DRIVER =
      """
      drivers:
        - title: Some driver
          names: [some.example.org]
          attach-required: {value: "yes", source: here}
          revocation: {value: on-unpublish, source: here}
          stale-mappings: {value: unknown, source: here}
          single-node-multi-writer: {value: "no", source: here}
          storage-failover: {value: 30, source: here}
      """;

  private static List<DriverKnowledge> parse(String yaml) throws JsonProcessingException {
    JsonNode file = new YAMLMapper().readTree(yaml);
    return DriverFile.parse(file);
  }

  private static Stream<DriverStatement<?>> statements() {
    return Drivers.all().stream()
        .flatMap(
            driver ->
                Stream.<DriverStatement<?>>concat(
                    Stream.<DriverStatement<?>>of(
                        driver.attaching(),
                        driver.revoking(),
                        driver.stale(),
                        driver.multiWriter()),
                    driver.stall().stream()));
  }

  @Test
  void at_least_twenty_drivers_are_known_each_by_its_own_names() {
    assertThat(Drivers.all()).hasSizeGreaterThanOrEqualTo(20);
    assertThat(Drivers.all().stream().map(DriverKnowledge::title)).doesNotHaveDuplicates();
    assertThat(Drivers.all().stream().flatMap(driver -> driver.names().stream()))
        .doesNotHaveDuplicates()
        .allMatch(name -> name.matches("(\\*\\.)?[a-z0-9]([a-z0-9./-]*[a-z0-9])?"));
  }

  @Test
  void every_statement_has_a_source_that_was_read_in_some_month() {
    assertThat(statements())
        .allSatisfy(
            known -> {
              assertThat(known.source()).containsPattern(READ).doesNotContainPattern(HOST);
              assertThat(known.source()).contains(": ");
            });
  }

  @Test
  void unknown_behavior_and_behavior_of_no_driver_have_no_condition() {
    // an installation can ship attachRequired: false under a condition
    Set<DriverStatement<?>> attaching =
        Drivers.all().stream().map(DriverKnowledge::attaching).collect(Collectors.toSet());
    assertThat(statements())
        .filteredOn(
            known ->
                known.value().equals(Answer.UNKNOWN)
                    || (known.value() == Answer.NO && !attaching.contains(known)))
        .allSatisfy(known -> assertThat(known.since() + known.condition()).isEmpty());
  }

  @Test
  void a_driver_that_never_attaches_never_revokes_on_unpublish() {
    assertThat(Drivers.all())
        .filteredOn(driver -> driver.attachRequired() == Answer.NO)
        .allSatisfy(
            driver -> assertThat(driver.revocation()).isNotEqualTo(Revocation.ON_UNPUBLISH));
  }

  @Test
  void a_driver_is_found_by_its_name_and_by_what_follows_a_prefix() {
    assertThat(Drivers.of("ebs.csi.aws.com")).map(DriverKnowledge::title).contains("Amazon EBS");
    assertThat(Drivers.of("rbd.csi.ceph.com")).map(DriverKnowledge::title).contains("Ceph RBD");
    assertThat(Drivers.of("openshift-storage.cephfs.csi.ceph.com"))
        .map(DriverKnowledge::title)
        .contains("CephFS, installed by Rook");
    assertThat(Drivers.of("a.b.rbd.csi.ceph.com")).isEmpty();
    assertThat(Drivers.of("csi.example.org")).isEmpty();
    assertThat(Drivers.of("")).isEmpty();
    assertThat(Drivers.of("*.rbd.csi.ceph.com")).isPresent();
  }

  @Test
  void the_file_has_the_findings_of_the_reviews() {
    DriverKnowledge rbd = Drivers.of("rook-ceph.rbd.csi.ceph.com").orElseThrow();
    assertThat(rbd.revocation()).isEqualTo(Revocation.OUT_OF_SERVICE_TAINT_ONLY);
    assertThat(rbd.staleMappings()).isEqualTo(Answer.YES);
    assertThat(rbd.attachRequired()).isEqualTo(Answer.YES);
    assertThat(rbd.singleNodeMultiWriter()).isEqualTo(Answer.YES);
    assertThat(Drivers.of("csi.trident.netapp.io").orElseThrow().revoking().condition())
        .contains("enableForceDetach");
    assertThat(Drivers.of("ebs.csi.aws.com").orElseThrow().revocation())
        .isEqualTo(Revocation.NODE_FENCE_ONLY);
    assertThat(Drivers.of("nfs.manila.csi.openstack.org").orElseThrow().attachRequired())
        .isEqualTo(Answer.NO);
  }

  @ParameterizedTest
  @CsvSource({
    "ON_UNPUBLISH, YES, YES",
    "OUT_OF_SERVICE_TAINT_ONLY, YES, NO",
    "NETWORK_FENCE_ONLY, NO, NO",
    "NODE_FENCE_ONLY, NO, NO",
    "NEVER, NO, NO",
    "UNKNOWN, UNKNOWN, UNKNOWN",
  })
  void whether_unpublishing_revokes_depends_on_the_taint(
      Revocation revocation, Answer withTaint, Answer without) {
    assertThat(revocation.onUnpublish(true)).isEqualTo(withTaint);
    assertThat(revocation.onUnpublish(false)).isEqualTo(without);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "value: on-unpublish, source: here | value: sometimes, source: here | Some driver, revocation has the wrong value \"sometimes\"",
        "value: \"yes\", source: here       | value: yes, source: here       | Some driver, attach-required has the wrong value \"true\"",
        "value: \"no\", source: here        | value: true, source: here      | Some driver, single-node-multi-writer has the wrong value \"true\"",
        "value: unknown, source: here      | value: unknown                 | Some driver, stale-mappings has no source",
        "value: unknown, source: here      | value: unknown, sauce: here    | Some driver, stale-mappings has an unknown field sauce",
        "value: 30, source: here           | value: 30 s, source: here      | Some driver, storage-failover is no number of seconds: \"30 s\"",
        "value: 30, source: here           | value: 30                      | Some driver, storage-failover has no source",
        "title: Some driver                | title: ''                      | a driver has no title",
        "names: [some.example.org]         | names: []                      | Some driver has no names",
      })
  void a_file_of_another_form_is_rejected(String from, String to, String problem)
      throws JsonProcessingException {
    assertThat(parse(DRIVER)).hasSize(1);
    String wrong = DRIVER.replace(from, to);
    assertThat(wrong).isNotEqualTo(DRIVER);
    assertThatThrownBy(() -> parse(wrong)).hasMessage("drivers.yaml: " + problem);
  }
}
