package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.Config;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the variables that name a proxy like kubectl, and decides which proxy to use. The client
 * reads them for some configurations only, and misreads NO_PROXY
 * (io.fabric8.kubernetes.client.utils.HttpClientUtils).
 */
final class ProxyVariables {

  private static final Map<String, Integer> PORTS =
      Map.of("http", 80, "https", 443, "socks4", 1080, "socks5", 1080);

  private static final String PROXY_URL = "the kubeconfig's proxy-url";

  /**
   * The pattern of a proxy. A host name may have an underscore, which java.net.URI accepts in no
   * host.
   */
  private static final Pattern SERVER =
      Pattern.compile("(https?)://(?:[^@/]*@)?(\\[[^]]*]|[^:/]+)(?::([0-9]{1,5}))?(?:/.*)?");

  /** A variable or a system property with a value. */
  private record Variable(String name, String value) {}

  private final UnaryOperator<String> environment;
  private final UnaryOperator<String> properties;
  private final Consumer<String> warnings;

  ProxyVariables(
      UnaryOperator<String> environment,
      UnaryOperator<String> properties,
      Consumer<String> warnings) {
    this.environment = environment;
    this.properties = properties;
    this.warnings = warnings;
  }

  /** Reads the variables of this process. */
  static ProxyVariables ofProcess(Consumer<String> warnings) {
    return new ProxyVariables(System::getenv, System::getProperty, warnings);
  }

  /**
   * Sets the proxy of a configuration.
   *
   * @param proxyUrl the kubeconfig's own proxy, which takes precedence, also over NO_PROXY
   * @throws BadConfigException if a proxy is no URL
   */
  void apply(Config config, Optional<String> proxyUrl) {
    Matcher server = SERVER.matcher(config.getMasterUrl());
    if (!server.matches()) {
      throw new BadConfigException(
          "the server %s is not a URL; write https://HOST:PORT".formatted(config.getMasterUrl()));
    }
    String scheme = server.group(1);
    int port = server.group(3) == null ? PORTS.get(scheme) : Integer.parseInt(server.group(3));
    String proxy =
        proxyUrl
            .map(url -> new Variable(PROXY_URL, url))
            .or(() -> proxyOf(scheme).filter(found -> !isDirect(server.group(2), port)))
            .map(found -> withPort(found, config.getProxyUsername() != null))
            .orElse(null);
    config.setHttpProxy(proxy);
    config.setHttpsProxy(proxy);
    config.setNoProxy(new String[0]);
  }

  private Optional<Variable> proxyOf(String scheme) {
    return all(scheme + "_proxy")
        .findFirst()
        .or(() -> all("all_proxy").findFirst().filter(this::isUsable));
  }

  /**
   * Returns whether the proxy is usable. Other programs read the variable and kubectl does not, so
   * an unusable value is no error.
   */
  private boolean isUsable(Variable proxy) {
    try {
      withPort(proxy, false);
      return true;
    } catch (BadConfigException e) {
      warnings.accept("%s; it is not used".formatted(e.getMessage()));
      return false;
    }
  }

  private boolean isDirect(String host, int port) {
    Variable none = all("no_proxy").findFirst().orElse(new Variable("", ""));
    return new NoProxy(none.name(), none.value(), warnings).matches(host, port);
  }

  /**
   * Returns the system property of the client, then the variable, in upper case first like Go
   * (FromEnvironment of golang.org/x/net/http/httpproxy).
   */
  private Stream<Variable> all(String name) {
    return Stream.of(
            variable(name.replace('_', '.'), properties),
            variable(name.toUpperCase(Locale.ROOT), environment),
            variable(name, environment))
        .flatMap(Optional::stream);
  }

  private static Optional<Variable> variable(String name, UnaryOperator<String> values) {
    return Optional.ofNullable(values.apply(name))
        .filter(value -> !value.isBlank())
        .map(value -> new Variable(name, value));
  }

  /** Returns the proxy with a port, because the client knows no scheme's default port. */
  private static String withPort(Variable proxy, boolean hasUser) {
    String value = proxy.value().strip();
    if (!value.contains("://") && proxy.name().equals(PROXY_URL)) {
      throw noProxy(proxy, "it has no scheme");
    }
    URI url;
    try {
      url = new URI(value.contains("://") ? value : "http://" + value);
    } catch (URISyntaxException e) {
      throw noProxy(proxy, "it is not a URL");
    }
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if (scheme.equals("socks5h") && !proxy.name().equals(PROXY_URL)) {
      // curl's name for a proxy that resolves host names, which this client leaves to every SOCKS
      // proxy
      scheme = "socks5";
    }
    if (url.getHost() == null) {
      throw noProxy(proxy, "it is not a URL");
    }
    if (!PORTS.containsKey(scheme)) {
      throw noProxy(proxy, "its scheme %s is not supported".formatted(scheme));
    }
    if (scheme.equals("https") && (hasUser || url.getRawUserInfo() != null)) {
      throw new BadConfigException(
          "%s has a password for a proxy with https://, but rwop-guard connects to proxies without TLS and would send the password in clear text; write http:// if the proxy accepts that"
              .formatted(proxy.name()));
    }
    return "%s://%s%s:%d"
        .formatted(
            scheme,
            url.getRawUserInfo() == null ? "" : url.getRawUserInfo() + "@",
            url.getHost(),
            url.getPort() < 0 ? PORTS.get(scheme) : url.getPort());
  }

  /** Returns the exception without the value, which may contain a password. */
  private static BadConfigException noProxy(Variable proxy, String why) {
    return new BadConfigException(
        "%s is not a valid proxy: %s; write http://HOST:PORT or socks5://HOST:PORT"
            .formatted(proxy.name(), why));
  }
}
