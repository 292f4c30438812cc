package io.rwopguard.it;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the real etcd, kube-apiserver, kubectl and kube-controller-manager: where
 * KUBEBUILDER_ASSETS says, else built from the Go modules in {@code src/it/kubernetes} and kept in
 * the user's cache directory, else nowhere, and kube-api-test downloads the first three.
 */
final class KubernetesBinaries {

  static final String VERSION = "1.37.2";
  private static final Path MODULE = Path.of("src/it/kubernetes").toAbsolutePath();
  private static final String CONTROLLER_MANAGER = "k8s.io/kubernetes/cmd/kube-controller-manager";

  static final String NO_CONTROLLER_MANAGER =
      "there is no kube-controller-manager in KUBEBUILDER_ASSETS, and no Go to build it with";

  /** What KUBEBUILDER_ASSETS and downloads hold; a binary is named as its package's last part. */
  private static final List<String> ASSETS =
      List.of("./etcd", "k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kubectl");

  private static final String LINKER_FLAGS =
      "-s -w -X k8s.io/component-base/version.gitVersion=v%1$s -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
          .formatted(VERSION);

  private KubernetesBinaries() {}

  /**
   * The folder of etcd, kube-apiserver and kubectl; empty if there is neither a folder nor a Go to
   * build them with.
   */
  static Optional<Path> find() throws IOException, InterruptedException {
    Optional<Path> assets = assets();
    if (assets.isPresent()) {
      say("using the binaries in KUBEBUILDER_ASSETS");
      for (String missing : missing(assets.get(), ASSETS)) {
        throw new IllegalStateException(
            "KUBEBUILDER_ASSETS names %s, but there is no %s in it"
                .formatted(assets.get(), name(missing)));
      }
      return assets;
    }
    if (!isGoInstalled()) {
      say("no Go on this machine, so Kubernetes " + VERSION + " has to be downloaded");
      return Optional.empty();
    }
    // all at once: they share most of their packages
    return Optional.of(
        build(Stream.concat(ASSETS.stream(), Stream.of(CONTROLLER_MANAGER)).toList()));
  }

  /** kube-controller-manager, which nobody publishes with the others; empty if there is no Go. */
  static Optional<Path> controllerManager() throws IOException, InterruptedException {
    List<String> wanted = List.of(CONTROLLER_MANAGER);
    Optional<Path> folder = assets().filter(assets -> missing(assets, wanted).isEmpty());
    if (folder.isEmpty() && isGoInstalled()) {
      folder = Optional.of(build(wanted));
    }
    if (folder.isEmpty()) {
      // the reports do not tell why a class was skipped
      say(NO_CONTROLLER_MANAGER + ", so tests with real controllers are skipped");
    }
    return folder.map(found -> found.resolve(name(CONTROLLER_MANAGER)));
  }

  private static Optional<Path> assets() {
    return Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS"))
        .filter(folder -> !folder.isEmpty())
        .map(Path::of);
  }

  private static List<String> missing(Path folder, List<String> packages) {
    return packages.stream()
        .filter(each -> !Files.isExecutable(folder.resolve(name(each))))
        .toList();
  }

  private static String name(String goPackage) {
    return goPackage.substring(goPackage.lastIndexOf('/') + 1);
  }

  private static boolean isGoInstalled() throws InterruptedException {
    try {
      Process go = new ProcessBuilder("go", "version").redirectErrorStream(true).start();
      go.getInputStream().readAllBytes();
      return go.waitFor() == 0;
    } catch (IOException notFound) {
      return false;
    }
  }

  /** The cache's folder, with the binaries of these packages in it. */
  private static Path build(List<String> packages) throws IOException, InterruptedException {
    Path cache = cacheDirectory().resolve("kubernetes-" + VERSION + "-" + fingerprint());
    if (missing(cache, packages).isEmpty()) {
      return cache;
    }
    Files.createDirectories(cache);
    Path lockFile = cache.resolveSibling(cache.getFileName() + ".lock");
    // two test runs on one machine build once
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      List<String> missing = missing(cache, packages);
      if (lock.isValid() && !missing.isEmpty()) {
        Path draft = Files.createTempDirectory(cache.getParent(), "building-");
        compile(missing, draft);
        for (String built : missing) {
          Files.move(
              draft.resolve(name(built)),
              cache.resolve(name(built)),
              StandardCopyOption.ATOMIC_MOVE);
        }
        Files.delete(draft);
      }
    }
    return cache;
  }

  private static void compile(List<String> packages, Path target)
      throws IOException, InterruptedException {
    say(
        "building %s of Kubernetes %s from Go modules, once for this machine: 5 to 15 minutes"
            .formatted(
                packages.stream().map(KubernetesBinaries::name).collect(Collectors.joining(", ")),
                VERSION));
    List<String> command = new ArrayList<>(List.of("go", "build", "-v", "-trimpath", "-ldflags"));
    command.addAll(List.of(LINKER_FLAGS, "-o", target + "/"));
    command.addAll(packages);
    Path log = Files.createDirectories(Path.of("target")).resolve("kubernetes-build.log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(MODULE.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("CGO_ENABLED", "0");
    long start = System.nanoTime();
    Process go = builder.start();
    while (!go.waitFor(30, TimeUnit.SECONDS)) {
      Duration taken = Duration.ofNanos(System.nanoTime() - start);
      say("still building after %d s: %s".formatted(taken.toSeconds(), progress(log)));
    }
    if (go.exitValue() != 0) {
      throw new IllegalStateException(
          "go build failed; its output is in %s and ends with: %s".formatted(log, lastLine(log)));
    }
    say("built in %d s".formatted(Duration.ofNanos(System.nanoTime() - start).toSeconds()));
  }

  /** go prints a line for each module it downloads, then one for each package it has compiled. */
  private static String progress(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    long downloads = lines.stream().filter(line -> line.startsWith("go: ")).count();
    return "%d modules downloaded, %d packages compiled"
        .formatted(downloads, lines.size() - downloads);
  }

  private static String lastLine(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
  }

  static Path cacheDirectory() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path caches =
        xdg == null || xdg.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return caches.resolve("rwop-guard");
  }

  /** Changes whenever a binary changes; a package that is added is built into the same folder. */
  private static String fingerprint() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String file : List.of("go.mod", "go.sum", "etcd/main.go")) {
        digest.update(Files.readAllBytes(MODULE.resolve(file)));
      }
      digest.update(LINKER_FLAGS.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Straight to the terminal: a first build must not look like a hang. */
  private static void say(String line) {
    System.err.println("[kubernetes] " + line);
  }
}
