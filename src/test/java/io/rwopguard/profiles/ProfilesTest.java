package io.rwopguard.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.testing.manifests.Manifests;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks which engine a container is taken for, and the form of the data. */
class ProfilesTest {

  private static String recognized(String labels, String... containers) {
    ObjectNode pod =
        Manifests.parse(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: db, labels: {%s}}
            spec: {containers: [%s]}
            """
                .formatted(labels, String.join(", ", containers)));
    PodTemplate template = Manifests.facts(pod).podTemplate().orElseThrow();
    return Profiles.of(template.containers().get(containers.length - 1), template)
        .map(Profile::id)
        .orElse("none");
  }

  @ParameterizedTest
  @CsvSource({
    "postgres, postgresql",
    "postgres:17.2, postgresql",
    "docker.io/library/postgres:17@sha256:0f, postgresql",
    "registry.example.org:5000/mirror/bitnami/postgresql, postgresql",
    "registry.example.org:5000/mysql, mysql",
    "mcr.microsoft.com/mssql/server:2022-latest, sql-server",
    "example.org/web/server:1, none",
    "my-postgres, none",
    "postgres-exporter, none",
    "'', none"
  })
  void an_image_is_recognized_whatever_its_registry_tag_and_digest(String image, String id) {
    assertThat(recognized("", "{name: c, image: '%s'}".formatted(image))).isEqualTo(id);
  }

  @Test
  void labels_and_ports_tell_only_where_no_image_does() {
    String own = "{name: db, image: example.org/db}";
    assertThat(recognized("app.kubernetes.io/name: postgresql", own)).isEqualTo("postgresql");
    assertThat(recognized("app: redis", own)).isEqualTo("redis");
    assertThat(recognized("app: shop", own)).isEqualTo("none");
    assertThat(recognized("app: redis", "{name: redis, image: redis}", own)).isEqualTo("none");
    assertThat(recognized("app: redis", own, own)).isEqualTo("none");
    assertThat(recognized("", "{name: db, image: d, ports: [{containerPort: 3306}]}"))
        .isEqualTo("mysql");
    assertThat(recognized("", "{name: db, image: d, ports: [{containerPort: 8080}]}"))
        .isEqualTo("none");
  }

  @Test
  void the_engines_of_the_field_are_known() {
    Set<String> ids = new HashSet<>();
    Profiles.all().forEach(profile -> ids.add(profile.id()));
    assertThat(ids)
        .contains(
            "postgresql",
            "mysql",
            "mariadb",
            "mongodb",
            "redis",
            "valkey",
            "kafka",
            "rabbitmq",
            "elasticsearch",
            "opensearch",
            "etcd",
            "clickhouse",
            "cockroachdb",
            "cassandra",
            "influxdb",
            "prometheus",
            "loki",
            "jenkins",
            "gitea",
            "vault",
            "vaultwarden",
            "grafana",
            "sql-server",
            "nextcloud");
    assertThat(ids).hasSize(Profiles.all().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{id: a}",
        "{title: A, id: A b}",
        "{title: A, id: a}",
        "{title: A, id: a, tcp: {value: 'yes'}}",
        "{title: A, id: a, tcp: {value: maybe, source: s}}",
        "{title: A, id: a, tcp: {value: 'no', source: s}, grace: {value: zero, source: s}}",
        "{title: A, id: a, port: [1], tcp: {value: 'yes', source: s}, grace: {value: zero, source: s}}",
        "{title: A, id: a, ports: [x], tcp: {value: 'yes', source: s}, grace: {value: zero, source: s}}",
        "{title: A, id: a, tcp: {value: 'yes', source: s}, grace: {value: zero}}",
        "{title: A, id: a, tcp: {value: 'yes', source: s}, grace: {value: zero, source: s}, patience: {seconds: 0, source: s}}"
      })
  void a_profile_without_a_value_or_a_source_is_refused(String profile) throws Exception {
    JsonNode file = new YAMLMapper().readTree("profiles: [%s]".formatted(profile));
    assertThatThrownBy(() -> ProfileFile.parse(file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("profiles.yaml: ");
  }
}
