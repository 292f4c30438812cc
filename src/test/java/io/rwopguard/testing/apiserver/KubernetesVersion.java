package io.rwopguard.testing.apiserver;

import io.rwopguard.testing.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A version of Kubernetes that the tests can build, from its Go module in {@code src/testbed}.
 * {@code -DargLine=-Dkubernetes.version=1.30} names the one for all API servers of a run. Without
 * it, they are of the newest, and {@link OnOlderApiServer} uses one that the seed chooses among
 * those with results in {@code docs/installation/kubernetes-versions.csv}.
 *
 * @param number with its patch release, such as 1.30.14
 * @param module name of the Go module
 */
public record KubernetesVersion(String number, String module) {

  private static final String PROPERTY = "kubernetes.version";
  private static final Path TESTBED = Path.of("src/testbed");
  private static final Path RESULTS = Path.of("docs/installation/kubernetes-versions.csv");
  private static final String MODULE = "kubernetes";
  private static final Pattern REQUIRED =
      Pattern.compile("(?m)^(?:require )?\\s*k8s\\.io/kubernetes v([0-9.]+)");

  /** The newest version, with etcd and kubectl for all of them. */
  public static final KubernetesVersion NEWEST = of(MODULE);

  private static KubernetesVersion of(String module) {
    Path file = TESTBED.resolve(module).resolve("go.mod");
    try {
      Matcher required = REQUIRED.matcher(Files.readString(file));
      if (!required.find()) {
        throw new IllegalStateException(file + " requires no k8s.io/kubernetes");
      }
      return new KubernetesVersion(required.group(1), module);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the versions older than the newest that have a module, the oldest first. */
  public static List<KubernetesVersion> older() {
    try (Stream<Path> modules = Files.list(TESTBED)) {
      return modules
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.matches(MODULE + "-1\\.[0-9]+"))
          .map(KubernetesVersion::of)
          .sorted(Comparator.comparingInt(KubernetesVersion::minor))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns those on which the tests have passed, the oldest first. */
  static List<KubernetesVersion> olderWithResults() {
    try {
      String results = Files.readString(RESULTS);
      return older().stream()
          .filter(version -> results.contains("\n" + version.name() + "."))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the version of this run's API servers. */
  static KubernetesVersion ofThisRun() {
    String asked = System.getProperty(PROPERTY, "");
    return asked.isEmpty() ? NEWEST : named(asked);
  }

  /** Returns the version of the API server that is of an older version, and prints it. */
  static KubernetesVersion olderOfThisRun() {
    if (!System.getProperty(PROPERTY, "").isEmpty()) {
      return ofThisRun();
    }
    long seed = Sample.ofThisRun().seed();
    KubernetesVersion chosen = chosen(seed);
    System.err.printf(
        "[kubernetes] beside %s also %s, by seed %d; another one: -DargLine=-D%s=%s%n",
        NEWEST.number, chosen.number, seed, PROPERTY, older().get(0).name());
    return chosen;
  }

  /** Returns what {@code src/testbed/kubernetes-versions chosen} prints for this seed. */
  static KubernetesVersion chosen(long seed) {
    List<KubernetesVersion> older = olderWithResults();
    // half of the seed: its last bit chooses between the long classes of KubernetesVersionsIT
    return older.get((int) Math.floorMod(seed / 2, (long) older.size()));
  }

  private static KubernetesVersion named(String name) {
    List<KubernetesVersion> known = Stream.concat(older().stream(), Stream.of(NEWEST)).toList();
    return known.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-D%s=%s: the tests can build %s; src/testbed/kubernetes-versions pin adds others"
                        .formatted(
                            PROPERTY, name, known.stream().map(KubernetesVersion::name).toList())));
  }

  /** Returns the version without its patch release, such as 1.30. */
  public String name() {
    return number.substring(0, number.lastIndexOf('.'));
  }

  private int minor() {
    return Integer.parseInt(number.split("\\.", -1)[1]);
  }

  /**
   * Returns the flags of kube-apiserver that turn on what tests need. An autoscaler may scale to 0
   * by default since 1.37, and MutatingAdmissionPolicy is on by default since 1.36.
   */
  Map<String, String> flags() {
    if (minor() >= 37) {
      return Map.of();
    }
    String gates = "HPAScaleToZero=true";
    if (minor() < 32 || minor() >= 36) {
      return Map.of("--feature-gates", gates);
    }
    String version = minor() < 34 ? "v1alpha1" : "v1beta1";
    return Map.of(
        "--feature-gates",
        gates + ",MutatingAdmissionPolicy=true",
        "--runtime-config",
        "admissionregistration.k8s.io/%s=true".formatted(version));
  }
}
