package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.Context;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedCluster;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.quarkus.runtime.util.ExceptionUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Validates the kubeconfigs that name a cluster.
 *
 * <p>It merges several files like kubectl (ClientConfigLoadingRules of k8s.io/client-go
 * tools/clientcmd): the first file counts for each name, and for the current context. The client
 * ignores incomplete entries, and then calls a cluster that nothing names.
 */
final class Kubeconfig {

  private static final Path DEV_NULL = Path.of("/dev/null");

  /** The name of the files in messages. */
  private final String name;

  private final List<Config> files;
  private final Cluster cluster;
  private Optional<String> tokenFile = Optional.empty();

  private Kubeconfig(String name, List<Config> files) {
    this.name = name;
    this.files = files;
    this.cluster = validated();
  }

  /**
   * Reads one kubeconfig.
   *
   * @throws BadConfigException if it names no cluster
   */
  static Kubeconfig of(Path file, String contents) {
    return new Kubeconfig(
        "kubeconfig " + file, List.of(parse(file, contents).orElseGet(Config::new)));
  }

  /**
   * Reads the kubeconfigs of a list, without those that do not exist or are empty. Returns empty if
   * there are no others.
   *
   * @throws BadConfigException if one cannot be read, or they name no cluster
   */
  static Optional<Kubeconfig> of(Collection<String> names) {
    Set<String> found = new HashSet<>();
    List<Config> files = new ArrayList<>();
    List<String> read = new ArrayList<>();
    for (String each : names) {
      Path file = Path.of(each);
      if (each.isEmpty() || Files.notExists(file) || file.equals(DEV_NULL) || !found.add(each)) {
        continue;
      }
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new BadConfigException(
            "kubeconfig %s is not a regular file; fix KUBECONFIG, or name a file or a pipe with --kubeconfig"
                .formatted(file));
      }
      String contents = contents(file);
      if (!contents.isEmpty()) {
        read.add(each);
        files.add(parse(file, contents).orElseThrow(() -> noKubeconfig(file, noFields())));
      }
    }
    String name =
        read.size() == 1
            ? "kubeconfig " + read.get(0)
            : "the merged kubeconfig of " + String.join(", ", read);
    return files.isEmpty() ? Optional.empty() : Optional.of(new Kubeconfig(name, files));
  }

  /**
   * Returns the proxy of the cluster, as written. The client ignores a proxy with an unknown
   * scheme, and mixes it with the variables' proxies.
   */
  Optional<String> proxyUrl() {
    return Optional.ofNullable(cluster.getProxyUrl()).filter(url -> !url.isEmpty());
  }

  /** Returns the file of the user's token; empty if the token is anywhere else. */
  Optional<TokenFile> tokenFile() {
    return tokenFile.map(file -> new TokenFile(Path.of(file), name));
  }

  /**
   * Reads a file.
   *
   * @throws BadConfigException if it cannot be read
   */
  static String contents(Path file) {
    if (Files.isDirectory(file)) {
      throw noKubeconfig(file, "it is a directory");
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new BadConfigException(
          "kubeconfig %s does not exist or is not readable; fix the path, or name another file"
              .formatted(file));
    }
  }

  /** Returns the content of a file; empty if there is none. */
  private static Optional<Config> parse(Path file, String contents) {
    Config config;
    try {
      config = Serialization.unmarshal(contents, Config.class);
    } catch (RuntimeException e) {
      throw noKubeconfig(file, syntax(e));
    }
    if (config != null) {
      entries(file, "contexts", config.getContexts(), NamedContext::getName);
      entries(file, "clusters", config.getClusters(), NamedCluster::getName);
      entries(file, "users", config.getUsers(), NamedAuthInfo::getName);
      resolveTokenFiles(file, config.getUsers());
    }
    return Optional.ofNullable(config);
  }

  /**
   * Checks that no name occurs twice. Of two entries with one name, kubectl uses neither, and the
   * client the last.
   */
  private static <T> void entries(
      Path file, String what, List<T> entries, Function<T, String> name) {
    Set<String> names = new HashSet<>();
    for (T entry : entries == null ? List.<T>of() : entries) {
      if (entry == null) {
        throw noKubeconfig(file, noFields());
      }
      if (!names.add(name.apply(entry))) {
        throw new BadConfigException(
            "kubeconfig %s: it has several %s named %s; keep one of them"
                .formatted(file, what, name.apply(entry)));
      }
    }
  }

  /**
   * Resolves relative paths against the kubeconfig that contains them, whichever others it is
   * merged with.
   */
  private static void resolveTokenFiles(Path file, List<NamedAuthInfo> users) {
    for (NamedAuthInfo user : users == null ? List.<NamedAuthInfo>of() : users) {
      AuthInfo info = user.getUser();
      if (info != null && info.getTokenFile() != null && !info.getTokenFile().isEmpty()) {
        info.setTokenFile(
            file.toAbsolutePath().resolveSibling(info.getTokenFile()).normalize().toString());
      }
    }
  }

  private static BadConfigException noKubeconfig(Path file, String why) {
    return new BadConfigException(
        "%s is not a kubeconfig: %s; fix it, or name another file".formatted(file, why));
  }

  /**
   * Returns the position of a syntax error. A parser's message would show the content, which may be
   * a token.
   */
  private static String syntax(Throwable failure) {
    Throwable root = ExceptionUtil.getRootCause(failure);
    return root instanceof MarkedYamlEngineException yaml && yaml.getProblemMark().isPresent()
        ? "it is not YAML in line %d".formatted(yaml.getProblemMark().get().getLine() + 1)
        : noFields();
  }

  private static String noFields() {
    return "its clusters, contexts and users are missing or malformed";
  }

  /** Returns the cluster of the current context. */
  private Cluster validated() {
    String current =
        files.stream()
            .map(Config::getCurrentContext)
            .filter(each -> each != null && !each.isEmpty())
            .findFirst()
            .orElseThrow(
                () -> bad("it has no current-context; set it with kubectl config use-context"));
    Context context =
        first(Config::getContexts, NamedContext::getName, current)
            .map(NamedContext::getContext)
            .orElseThrow(
                () ->
                    bad(
                        "its current-context %s does not exist; choose one with kubectl config use-context"
                            .formatted(current)));
    Cluster found =
        first(Config::getClusters, NamedCluster::getName, context.getCluster())
            .map(NamedCluster::getCluster)
            .orElseThrow(
                () ->
                    bad(
                        "its context %s names cluster %s, which does not exist"
                            .formatted(current, context.getCluster())));
    if (found.getServer() == null || found.getServer().isEmpty()) {
      throw bad("its cluster %s has no server".formatted(context.getCluster()));
    }
    String userName = context.getUser();
    if (userName != null && !userName.isEmpty()) {
      NamedAuthInfo user =
          first(Config::getUsers, NamedAuthInfo::getName, userName)
              .orElseThrow(
                  () ->
                      bad(
                          "its context %s names user %s, which does not exist"
                              .formatted(current, userName)));
      tokenFile =
          Optional.ofNullable(user.getUser())
              .map(AuthInfo::getTokenFile)
              .filter(each -> !each.isEmpty());
    }
    return found;
  }

  private <T> Optional<T> first(
      Function<Config, List<T>> entries, Function<T, String> name, String wanted) {
    return files.stream()
        .map(entries)
        .filter(Objects::nonNull)
        .flatMap(List::stream)
        .filter(entry -> name.apply(entry) != null && name.apply(entry).equals(wanted))
        .findFirst();
  }

  private BadConfigException bad(String problem) {
    return new BadConfigException("%s: %s".formatted(name, problem));
  }
}
