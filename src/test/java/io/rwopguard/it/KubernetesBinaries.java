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

/**
 * Finds the real etcd, kube-apiserver and kubectl: where KUBEBUILDER_ASSETS says, else built from
 * the Go modules in {@code src/it/kubernetes} and kept in the user's cache directory, else nowhere,
 * and kube-api-test downloads them.
 */
final class KubernetesBinaries {

  static final String VERSION = "1.37.2";
  private static final Path MODULE = Path.of("src/it/kubernetes").toAbsolutePath();
  private static final List<String> NAMES = List.of("etcd", "kube-apiserver", "kubectl");
  private static final String LINKER_FLAGS =
      "-s -w -X k8s.io/component-base/version.gitVersion=v%1$s -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
          .formatted(VERSION);

  private KubernetesBinaries() {}

  /** The folder that holds them; empty if there is neither a folder nor a Go to build them with. */
  static Optional<Path> find() throws IOException, InterruptedException {
    String assets = System.getenv("KUBEBUILDER_ASSETS");
    if (assets != null && !assets.isEmpty()) {
      say("using the binaries in KUBEBUILDER_ASSETS");
      return Optional.of(complete(Path.of(assets)));
    }
    if (!isGoInstalled()) {
      say("no Go on this machine, so Kubernetes " + VERSION + " has to be downloaded");
      return Optional.empty();
    }
    return Optional.of(build());
  }

  private static Path complete(Path folder) {
    for (String name : NAMES) {
      if (!Files.isExecutable(folder.resolve(name))) {
        throw new IllegalStateException(
            "KUBEBUILDER_ASSETS names %s, but there is no %s in it".formatted(folder, name));
      }
    }
    return folder;
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

  private static Path build() throws IOException, InterruptedException {
    Path cache = cacheDirectory().resolve("kubernetes-" + VERSION + "-" + fingerprint());
    if (Files.isDirectory(cache)) {
      return cache;
    }
    Files.createDirectories(cache.getParent());
    Path lockFile = cache.resolveSibling(cache.getFileName() + ".lock");
    // two test runs on one machine build once
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      if (lock.isValid() && !Files.isDirectory(cache)) {
        Path draft = Files.createTempDirectory(cache.getParent(), "building-");
        compile(draft);
        Files.move(draft, cache, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    return cache;
  }

  private static void compile(Path target) throws IOException, InterruptedException {
    say(
        "building Kubernetes %s from Go modules, once for this machine: 5 to 15 minutes"
            .formatted(VERSION));
    List<String> command = new ArrayList<>(List.of("go", "build", "-v", "-trimpath", "-ldflags"));
    command.add(LINKER_FLAGS);
    command.addAll(List.of("-o", target + "/", "./etcd"));
    command.add("k8s.io/kubernetes/cmd/kube-apiserver");
    command.add("k8s.io/kubernetes/cmd/kubectl");
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

  /** Changes whenever what is built changes. */
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
