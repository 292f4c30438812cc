package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The configuration for the kubeconfigs that KUBECONFIG names. */
class ClientConfigTest {

  private static final String PROXY = "http://proxy.test:3128";

  private static final String A =
      """
      apiVersion: v1
      kind: Config
      current-context: a
      contexts: [{name: a, context: {cluster: a, user: a, namespace: of-a}}]
      clusters: [{name: a, cluster: {server: "https://a.test:6443"}}]
      users: [{name: a, user: {token: of-a}}]
      """;

  /** An empty configuration as kubectl writes it. */
  private static final String EMPTY =
      "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\n";

  @TempDir private Path folder;

  /** The properties that stand for the variables of these names, and what they were before. */
  private final Map<String, String> before = new HashMap<>();

  @BeforeEach
  void without_a_proxy() {
    set("no.proxy", "*");
  }

  @AfterEach
  void reset() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  private void set(String name, String value) {
    before.putIfAbsent(name, System.getProperty(name));
    System.setProperty(name, value);
  }

  private Path file(String name, String contents) throws IOException {
    return Files.writeString(folder.resolve(name), contents);
  }

  private Config of(Path... files) {
    set(
        "kubeconfig",
        Stream.of(files).map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    return ClientConfig.automatic();
  }

  private void assertRefused(String message, Path... files) {
    assertThatThrownBy(() -> of(files))
        .isInstanceOf(BadConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void the_first_of_several_kubeconfigs_counts_for_each_name_and_the_current_context()
      throws Exception {
    Path first =
        file("first", "contexts: [{name: b, context: {cluster: b, user: a}}]\ncurrent-context: b");
    Path second = file("second", A);
    Path third = file("third", A.replace("of-a", "of-third").replace("a.test", "third.test"));
    Path fourth = file("fourth", "clusters: [{name: b, cluster: {server: 'https://b.test:1'}}]");
    Config config = of(first, second, third, fourth);
    assertThat(config.getMasterUrl()).isEqualTo("https://b.test:1/");
    assertThat(config.getAutoOAuthToken()).isEqualTo("of-a");
    assertThat(of(second, first, third).getMasterUrl()).isEqualTo("https://a.test:6443/");
    assertThat(of(second, third, first).getNamespace()).isEqualTo("of-a");
  }

  @Test
  void files_that_are_not_there_or_empty_are_skipped() throws Exception {
    Path missing = folder.resolve("missing");
    Path empty = file("empty", "");
    Path none = file("none", EMPTY);
    Path devNull = Path.of("/dev/null");
    Path nothing = Path.of("");
    assertThat(of(nothing, missing, empty, devNull, none, file("a", A)).getMasterUrl())
        .isEqualTo("https://a.test:6443/");
    assertRefused("no cluster is configured: kubeconfig " + missing, missing);
    assertRefused("no cluster is configured: kubeconfig ", missing, empty);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "current-context: z | its current-context z does not exist",
        "contexts: [{name: a, context: {cluster: z, user: a}}] | names cluster z",
        "contexts: [{name: a, context: {cluster: a, user: z}}] | names user z",
        "clusters: [{name: a, cluster: {}}] | cluster a has no server",
        "clusters: [{name: a}] | names cluster a, which",
        "contexts: [{name: a}] | its current-context a does not exist",
      })
  void several_are_validated_as_one_is(String first, String message) throws Exception {
    Path broken = file("broken", first);
    Path whole = file("whole", A);
    assertRefused("the merged kubeconfig of %s, %s: ".formatted(broken, whole), broken, whole);
    assertRefused(message, broken, whole);
    assertThat(of(whole, broken).getMasterUrl()).as("the other way round").contains("a.test");
  }

  @Test
  void several_without_a_current_context_are_refused() throws Exception {
    Path file = file("a", A.replace("current-context: a\n", ""));
    assertRefused("it has no current-context", file, file("none", EMPTY));
  }

  @Test
  void a_file_that_cannot_be_read_is_named() throws Exception {
    Path whole = file("whole", A);
    assertRefused("kubeconfig %s is not a regular file".formatted(folder), whole, folder);
    assertRefused("kubeconfig %s is not a regular file".formatted(folder), folder);
    Path noText = Files.write(folder.resolve("no-text"), new byte[] {(byte) 0xff});
    assertRefused(
        "kubeconfig %s does not exist or is not readable".formatted(noText), whole, noText);
    Path noYaml = file("no-yaml", "users: @SECRET");
    assertRefused(noYaml + " is not a kubeconfig: it is not YAML in line 1", whole, noYaml);
    Path comment = file("comment", "# nothing\n");
    assertRefused(comment + " is not a kubeconfig", whole, comment);
    Path item = file("item", "users: [null]");
    assertRefused(item + " is not a kubeconfig", whole, item);
  }

  /** The client takes the last one, and kubectl refuses it. */
  @Test
  void a_name_that_a_file_has_twice_is_refused() throws Exception {
    String twice = "clusters: [{name: a, cluster: {server: x}}, {name: a, cluster: {server: y}}]";
    Path file = file("twice", twice);
    assertRefused("kubeconfig %s: it has several clusters named a".formatted(file), file);
    assertThatThrownBy(() -> ClientConfig.of(file)).hasMessageContaining("named a");
  }

  private Path proxied(String proxyUrl) throws IOException {
    String cluster = "{proxy-url: \"%s\", server".formatted(proxyUrl);
    return file("proxied", A.replace("{server", cluster));
  }

  /** kubectl asks NO_PROXY for the proxy of a variable alone. */
  @Test
  void no_proxy_does_not_concern_a_proxy_url_that_a_variable_names_too() throws Exception {
    set("https.proxy", PROXY);
    set("http.proxy", PROXY);
    Path kubeconfig = proxied(PROXY);
    assertThat(of(kubeconfig).getHttpsProxy()).isEqualTo(PROXY);
    assertThat(ClientConfig.of(kubeconfig).getHttpsProxy()).isEqualTo(PROXY);
    assertThat(of(file("a", A)).getHttpsProxy()).isNull();
  }

  @Test
  void the_proxy_url_of_the_merged_cluster_counts() throws Exception {
    Path other = file("other", A.replace("{server", "{proxy-url: \"http://b.test:1\", server"));
    assertThat(of(proxied(PROXY), other).getHttpsProxy()).isEqualTo(PROXY);
    assertThat(of(file("a", A), other).getHttpsProxy()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5h://proxy.test:1080", "proxy.test:3128", " "})
  void a_proxy_url_that_the_client_would_ignore_is_refused(String proxyUrl) throws Exception {
    Path kubeconfig = proxied(proxyUrl);
    assertRefused("the kubeconfig's proxy-url is not a valid proxy", kubeconfig);
    assertThatThrownBy(() -> ClientConfig.of(kubeconfig))
        .hasMessageContaining("the kubeconfig's proxy-url is not a valid proxy");
  }

  @Test
  void an_empty_proxy_url_and_a_blank_variable_are_no_proxy() throws Exception {
    set("https.proxy", " ");
    set("no.proxy", "localhost");
    assertThat(of(file("a", A)).getHttpsProxy()).isNull();
    assertThat(of(proxied("")).getHttpsProxy()).isNull();
  }

  private static String token(Config config) {
    return config.getOauthTokenProvider().getToken();
  }

  /** The client ignores the field, and kubectl prefers it to a token. */
  @Test
  void a_token_file_is_read_again_for_each_request() throws Exception {
    Path token = file("token", "first\n");
    Path kubeconfig = file("a", A.replace("{token: of-a}", "{token: of-a, tokenFile: token}"));
    for (Config config : new Config[] {of(kubeconfig), ClientConfig.of(kubeconfig)}) {
      Files.writeString(token, "first\n");
      assertThat(token(config)).isEqualTo("first");
      Files.writeString(token, "second\n");
      assertThat(token(config)).isEqualTo("second");
      Files.writeString(token, "");
      assertThat(token(config)).as("while it is being written").isEqualTo("second");
      Files.delete(token);
      assertThat(token(config)).as("while it is replaced").isEqualTo("second");
    }
  }

  @Test
  void a_token_file_that_cannot_be_read_is_named() throws Exception {
    Path kubeconfig = file("a", A.replace("token: of-a", "tokenFile: nothing"));
    assertRefused("names the tokenFile " + folder.resolve("nothing"), kubeconfig);
  }
}
