package io.rwopguard.testing.apiserver;

import io.rwopguard.testing.process.GoBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds the real etcd, kube-apiserver, kubectl and kube-controller-manager. It uses
 * KUBEBUILDER_ASSETS if set, or else those built from a Go module of {@link KubernetesVersion}. If
 * there are neither, kube-api-test downloads the first three.
 */
public final class KubernetesBinaries {

  public static final String NO_CONTROLLER_MANAGER =
      "there is no kube-controller-manager in KUBEBUILDER_ASSETS, and no Go to build it with";

  private static final String API_SERVER = "kube-apiserver";
  private static final String CONTROLLER_MANAGER = "kube-controller-manager";

  /** Names of the binaries in KUBEBUILDER_ASSETS and downloads. */
  private static final List<String> ASSETS = List.of("etcd", API_SERVER, "kubectl");

  /** They share most of their packages, so they are built at once. */
  private static final List<String> BUILT =
      List.of("etcd", API_SERVER, "kubectl", CONTROLLER_MANAGER);

  /** The parts of an older version. Its etcd and kubectl are the newest ones. */
  private static final List<String> BUILT_OLDER = List.of(API_SERVER, CONTROLLER_MANAGER);

  private KubernetesBinaries() {}

  /** The folder of etcd, kube-apiserver and kubectl for the API servers of this run. */
  public static Optional<Path> find() throws IOException, InterruptedException {
    return find(KubernetesVersion.ofThisRun());
  }

  /**
   * The folder of etcd, kube-apiserver and kubectl; empty if there is neither a folder nor a Go to
   * build them with.
   */
  static synchronized Optional<Path> find(KubernetesVersion version)
      throws IOException, InterruptedException {
    Optional<Path> assets = assets();
    if (assets.isPresent()) {
      say("using the binaries in KUBEBUILDER_ASSETS");
      for (String missing : missing(assets.get(), ASSETS)) {
        throw new IllegalStateException(
            "KUBEBUILDER_ASSETS names %s, but there is no %s in it"
                .formatted(assets.get(), missing));
      }
      return assets;
    }
    Optional<Path> built = GoBinaries.find(KubernetesVersion.NEWEST.module(), BUILT);
    if (built.isEmpty()) {
      say("no Go on this machine, so Kubernetes " + version.number() + " has to be downloaded");
      return built;
    }
    return Optional.of(
        version.equals(KubernetesVersion.NEWEST) ? built.get() : withOlder(version, built.get()));
  }

  /** Returns a folder that has an older kube-apiserver beside the newest etcd and kubectl. */
  private static Path withOlder(KubernetesVersion version, Path newest)
      throws IOException, InterruptedException {
    Path older = GoBinaries.find(version.module(), BUILT_OLDER).orElseThrow();
    Path folder = Files.createDirectories(Path.of("target", version.module()).toAbsolutePath());
    for (String command : ASSETS) {
      Path link = folder.resolve(command);
      Files.deleteIfExists(link);
      Files.createSymbolicLink(
          link, (command.equals(API_SERVER) ? older : newest).resolve(command));
    }
    return folder;
  }

  /**
   * Returns kube-controller-manager, which is not published with the others; empty if there is no
   * Go.
   */
  public static Optional<Path> controllerManager(KubernetesVersion version)
      throws IOException, InterruptedException {
    Optional<Path> folder =
        assets().filter(assets -> missing(assets, List.of(CONTROLLER_MANAGER)).isEmpty());
    if (folder.isEmpty()) {
      folder = GoBinaries.find(version.module(), List.of(CONTROLLER_MANAGER));
    }
    if (folder.isEmpty()) {
      // the reports do not tell why a class was skipped
      say(NO_CONTROLLER_MANAGER + ", so tests with real controllers are skipped");
    }
    return folder.map(found -> found.resolve(CONTROLLER_MANAGER));
  }

  private static Optional<Path> assets() {
    return Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS"))
        .filter(folder -> !folder.isEmpty())
        .map(Path::of);
  }

  private static List<String> missing(Path folder, List<String> commands) {
    return commands.stream().filter(each -> !Files.isExecutable(folder.resolve(each))).toList();
  }

  /** Straight to the terminal: a first build must not look like a hang. */
  private static void say(String line) {
    System.err.println("[kubernetes] " + line);
  }
}
