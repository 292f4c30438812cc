package io.rwopguard.testing.apiserver;

import io.rwopguard.testing.process.GoBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds the real etcd, kube-apiserver, kubectl and kube-controller-manager. It uses
 * KUBEBUILDER_ASSETS if set, or else those built from the Go module in {@code
 * src/testbed/kubernetes}. If there are neither, kube-api-test downloads the first three.
 */
public final class KubernetesBinaries {

  public static final String VERSION = "1.37.2";
  public static final String NO_CONTROLLER_MANAGER =
      "there is no kube-controller-manager in KUBEBUILDER_ASSETS, and no Go to build it with";

  private static final String MODULE = "kubernetes";
  private static final String CONTROLLER_MANAGER = "kube-controller-manager";

  /** Names of the binaries in KUBEBUILDER_ASSETS and downloads. */
  private static final List<String> ASSETS = List.of("etcd", "kube-apiserver", "kubectl");

  /** They share most of their packages, so they are built at once. */
  private static final List<String> BUILT =
      List.of("etcd", "kube-apiserver", "kubectl", CONTROLLER_MANAGER);

  private KubernetesBinaries() {}

  /**
   * The folder of etcd, kube-apiserver and kubectl; empty if there is neither a folder nor a Go to
   * build them with.
   */
  public static Optional<Path> find() throws IOException, InterruptedException {
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
    Optional<Path> built = GoBinaries.find(MODULE, BUILT);
    if (built.isEmpty()) {
      say("no Go on this machine, so Kubernetes " + VERSION + " has to be downloaded");
    }
    return built;
  }

  /**
   * Returns kube-controller-manager, which is not published with the others; empty if there is no
   * Go.
   */
  public static Optional<Path> controllerManager() throws IOException, InterruptedException {
    Optional<Path> folder =
        assets().filter(assets -> missing(assets, List.of(CONTROLLER_MANAGER)).isEmpty());
    if (folder.isEmpty()) {
      folder = GoBinaries.find(MODULE, List.of(CONTROLLER_MANAGER));
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
