package io.rwopguard.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementTlsTest {

  private static final String NAME = "quarkus.management.tls-configuration-name";

  private static SmallRyeConfigBuilder with(String secure) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredInterceptors()
        .withDefaultValue("rwop-guard.management.secure", secure);
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "TRUE", "yes", "1", "on", "${other}"})
  void a_secure_port_has_tls_whatever_else_is_set(String secure) {
    SmallRyeConfigBuilder builder = with(secure).withDefaultValue("other", "true");
    assertThat(builder.build().getValue(NAME, String.class)).isEqualTo("rwop-guard-management");
    SmallRyeConfig other = builder.withDefaultValue(NAME, "rwop-guard").build();
    assertThat(other.getValue(NAME, String.class)).isEqualTo("rwop-guard-management");
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "no", "0", "anything"})
  void any_other_port_is_as_set(String secure) {
    assertThat(with(secure).build().getOptionalValue(NAME, String.class)).isEmpty();
    SmallRyeConfig other = with(secure).withDefaultValue(NAME, "rwop-guard").build();
    assertThat(other.getValue(NAME, String.class)).isEqualTo("rwop-guard");
  }

  @Test
  void an_environment_variable_sets_it() {
    Map<String, String> environment = Map.of("RWOP_GUARD_MANAGEMENT_SECURE", "true");
    SmallRyeConfig config =
        with("false").withSources(new EnvConfigSource(environment, 300)).build();
    assertThat(config.getValue(NAME, String.class)).isEqualTo("rwop-guard-management");
  }

  @Test
  void without_the_setting_it_is_as_set() {
    SmallRyeConfig config = new SmallRyeConfigBuilder().addDiscoveredInterceptors().build();
    assertThat(config.getOptionalValue(NAME, String.class)).isEmpty();
  }
}
