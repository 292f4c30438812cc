package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyVariablesTest {

  private static final String SERVER = "https://api.example.org:6443/";

  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> properties = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private ProxyVariables variables() {
    return new ProxyVariables(environment::get, properties::get, warnings::add);
  }

  private Config applied(String server, String proxyUrl) {
    Config config = Config.empty();
    config.setMasterUrl(server);
    config.setNoProxy(new String[] {"*"});
    variables().apply(config, Optional.ofNullable(proxyUrl));
    assertThat(config.getNoProxy()).as("what the client would read in its own way").isEmpty();
    return config;
  }

  @Test
  void without_a_variable_there_is_no_proxy() {
    assertThat(applied(SERVER, null).getHttpsProxy()).isNull();
    environment.put("HTTP_PROXY", "http://proxy.test:3128");
    environment.put("HTTPS_PROXY", " ");
    assertThat(applied(SERVER, null).getHttpsProxy()).isNull();
    assertThat(applied("http://api.example.org/", null).getHttpProxy())
        .isEqualTo("http://proxy.test:3128");
  }

  @Test
  void the_variable_in_upper_case_takes_precedence_and_a_property_over_both() {
    environment.put("ALL_PROXY", "http://all.test:1");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("http://all.test:1");
    environment.put("https_proxy", "http://lower.test:1");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("http://lower.test:1");
    environment.put("HTTPS_PROXY", "http://upper.test:1");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("http://upper.test:1");
    properties.put("https.proxy", "http://property.test:1");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("http://property.test:1");
  }

  @Test
  void no_proxy_is_read_in_upper_case_first_and_an_entry_without_meaning_is_named_with_it() {
    environment.put("HTTPS_PROXY", "proxy.test:3128");
    environment.put("no_proxy", "*.example.org");
    assertThat(applied(SERVER, null).getHttpsProxy()).isNull();
    environment.put("NO_PROXY", "*.other.org, 10.0.0.0/99");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("http://proxy.test:3128");
    assertThat(warnings).singleElement().asString().startsWith("NO_PROXY: \"10.0.0.0/99\" is not ");
  }

  @Test
  void a_server_without_a_port_has_the_usual_one_of_its_scheme() {
    environment.put("HTTPS_PROXY", "http://proxy.test:3128");
    environment.put("NO_PROXY", "api.example.org:443");
    assertThat(applied("https://api.example.org", null).getHttpsProxy()).isNull();
    assertThat(applied(SERVER, null).getHttpsProxy()).isNotNull();
    environment.put("NO_PROXY", "my_host");
    assertThat(applied("https://my_host:6443/", null).getHttpsProxy()).isNull();
  }

  @Test
  void the_proxy_url_of_a_kubeconfig_takes_precedence_over_every_variable() {
    environment.put("HTTPS_PROXY", "http://proxy.test:3128");
    environment.put("NO_PROXY", "*");
    Config config = applied(SERVER, "http://named.test:3128");
    assertThat(config.getHttpsProxy()).isEqualTo("http://named.test:3128");
  }

  @ParameterizedTest
  @CsvSource({
    "proxy.test:3128, http://proxy.test:3128",
    "http://proxy.test, http://proxy.test:80",
    "https://proxy.test/, https://proxy.test:443",
    "socks5://proxy.test, socks5://proxy.test:1080",
    "HTTP://proxy.test:3128, http://proxy.test:3128",
    "http://me:p%40ss@proxy.test:3128, http://me:p%40ss@proxy.test:3128",
    "http://[2001:db8::1]:3128, http://[2001:db8::1]:3128"
  })
  void a_proxy_gets_the_scheme_and_port_that_the_client_needs(String written, String proxy) {
    environment.put("HTTPS_PROXY", written);
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo(proxy);
  }

  /** kubectl takes a variable without a scheme, and no proxy-url without one. */
  @ParameterizedTest
  @CsvSource({
    "proxy.test:3128, it has no scheme",
    "me:secret@proxy.test:3128, it has no scheme",
    "' ', it has no scheme",
    "socks5h://me:secret@proxy.test, its scheme socks5h is not supported",
    "ftp://proxy.test, its scheme ftp is not supported",
    "me:secret@proxy://, it is not a URL",
    "http://, it is not a URL"
  })
  void a_proxy_url_that_is_no_proxy_is_refused_with_the_reason(String written, String reason) {
    assertThatThrownBy(() -> applied(SERVER, written))
        .isInstanceOf(BadConfigException.class)
        .hasMessage(
            "the kubeconfig's proxy-url is not a valid proxy: %s; write http://HOST:PORT or socks5://HOST:PORT",
            reason)
        .hasMessageNotContaining("secret");
  }

  /** The client speaks to each proxy without TLS. */
  @Test
  void a_password_is_not_sent_in_clear_text_to_a_proxy_that_was_meant_to_have_tls() {
    String proxy = "https://me:secret@proxy.test:3128";
    assertThatThrownBy(() -> applied(SERVER, proxy))
        .isInstanceOf(BadConfigException.class)
        .hasMessageStartingWith("the kubeconfig's proxy-url has a password")
        .hasMessageNotContaining("secret");
    environment.put("HTTPS_PROXY", proxy);
    assertThatThrownBy(() -> applied(SERVER, null))
        .isInstanceOf(BadConfigException.class)
        .hasMessageStartingWith("HTTPS_PROXY has a password");
    assertThat(applied(SERVER, "https://proxy.test:3128").getHttpsProxy())
        .isEqualTo("https://proxy.test:3128");
    Config config = Config.empty();
    config.setMasterUrl(SERVER);
    config.setProxyUsername("me");
    assertThatThrownBy(() -> variables().apply(config, Optional.of("https://proxy.test:3128")))
        .isInstanceOf(BadConfigException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://me:secret@",
        "ftp://me:secret@proxy.test",
        "me:secret@ proxy",
        "me:secret@proxy://"
      })
  void names_what_is_no_proxy_without_its_password(String written) {
    environment.put("HTTPS_PROXY", written);
    assertThatThrownBy(() -> applied(SERVER, null))
        .isInstanceOf(BadConfigException.class)
        .hasMessageStartingWith("HTTPS_PROXY is not a valid proxy")
        .hasMessageNotContaining("secret");
  }

  /** It is curl's variable, and kubectl does not read it. */
  @Test
  void an_all_proxy_that_cannot_be_used_is_named_and_stops_nothing() {
    environment.put("ALL_PROXY", "ftp://me:secret@proxy.test");
    assertThat(applied(SERVER, null).getHttpsProxy()).isNull();
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("ALL_PROXY is not a valid proxy: its scheme ftp is not supported")
        .doesNotContain("secret");
    environment.put("ALL_PROXY", "socks5h://127.0.0.1:1080");
    assertThat(applied(SERVER, null).getHttpsProxy()).isEqualTo("socks5://127.0.0.1:1080");
  }
}
