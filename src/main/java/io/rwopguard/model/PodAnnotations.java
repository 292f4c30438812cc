package io.rwopguard.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings that the annotations of a pod template, or of a Pod, contain for rwop-guard. An
 * invalid annotation sets nothing and is listed in the problems.
 *
 * @param leftAlone whether nothing is to be changed
 * @param asksForMutation whether it is to be changed although an operator manages it
 * @param livenessFromReadiness whether a readiness probe may serve as a liveness probe
 * @param liveness the check of a container's liveness, as the handler of a probe, by the
 *     container's name; under an empty name for all that use the volume; an empty handler to leave
 *     its probes unchanged
 * @param healthcheckFile a file on the volume that has to be readable
 * @param healthcheckWrite a file on the volume that has to be writable
 * @param grace the Pod's grace period in seconds
 * @param gracePod whether the Pod or the probe gets a short grace period
 * @param preStop a cleanup command
 * @param problems the problems, by the annotation's name
 */
public record PodAnnotations(
    boolean leftAlone,
    boolean asksForMutation,
    boolean livenessFromReadiness,
    Map<String, ObjectNode> liveness,
    Optional<String> healthcheckFile,
    Optional<String> healthcheckWrite,
    OptionalInt grace,
    Optional<Boolean> gracePod,
    Optional<String> preStop,
    Map<String, String> problems) {

  /**
   * {@code disabled} leaves everything unchanged; {@code enabled} also includes a Pod of an
   * operator.
   */
  public static final String MUTATE = "rwop-guard.io/mutate";

  /** {@code readiness} uses the readiness probe for liveness. */
  public static final String LIVENESS_FROM = "rwop-guard.io/liveness-from";

  /** The check of all containers that use the volume. */
  public static final String LIVENESS = "rwop-guard.io/liveness";

  /** The prefix of a container's name, for the check of that container. */
  public static final String LIVENESS_OF = "liveness.rwop-guard.io/";

  /** A file to read from the volume. */
  public static final String HEALTHCHECK_FILE = "rwop-guard.io/healthcheck-file";

  /** A file to write to the volume. */
  public static final String HEALTHCHECK_WRITE = "rwop-guard.io/healthcheck-write";

  /** The Pod's grace period in seconds. */
  public static final String GRACE_SECONDS = "rwop-guard.io/grace-period-seconds";

  /** The target of the short grace period: {@code pod} or {@code probe}. */
  public static final String GRACE = "rwop-guard.io/grace";

  /** A cleanup command. */
  public static final String PRE_STOP = "rwop-guard.io/pre-stop";

  /** Permission to fail over the Pod: {@code enabled} or {@code disabled}. */
  public static final String FAILOVER = "rwop-guard.io/failover";

  /**
   * {@code true} accepts that an old instance may still write to shared volumes after a failover.
   */
  public static final String SHARED_VOLUMES_ACCEPTED = "rwop-guard.io/failover-shared-volumes";

  /** {@code true} lets rwop-guard delete the Pod when it keeps failing. */
  public static final String DELETE_WHEN_FAILING = "rwop-guard.io/delete-when-failing";

  /** The annotation that rwop-guard itself writes: its changes, with the previous values. */
  public static final String TRACE = "rwop-guard.io/mutated";

  private static final String PREFIX = "rwop-guard.io/";
  private static final Pattern TCP = Pattern.compile("tcp:(\\d{1,5})");
  private static final Pattern GRPC = Pattern.compile("grpc:(\\d{1,5})");
  private static final Pattern HTTP = Pattern.compile("(https?):(\\d{1,5})(/\\S*)?");
  private static final Pattern EXEC = Pattern.compile("exec:(.*\\S.*)", Pattern.DOTALL);
  private static final int LONGEST_GRACE = 86_400;

  /** The most characters of a value in a problem; an annotation may have 256 KiB. */
  private static final int LONGEST_QUOTE = 100;

  private static final String CHECK = "tcp:PORT, http:PORT/PATH, grpc:PORT, exec:COMMAND or none";
  private static final String FILE = "a path below the volume's mount";

  /** The annotations, their values and their meanings, for users. */
  public static final List<Documented> DOCUMENTED =
      List.of(
          new Documented(
              MUTATE,
              "disabled or enabled",
              "`disabled` leaves the Pod unchanged; `enabled` also edits a Pod of an operator,"
                  + " which is otherwise left unchanged"),
          new Documented(
              LIVENESS,
              CHECK,
              "the liveness check of the containers that use the volume, whatever probes they have;"
                  + " `sh -c` runs a command, and `none` leaves their probes unchanged"),
          new Documented(
              LIVENESS_OF + "CONTAINER",
              CHECK,
              "the same for one container; overrides the check of all containers"),
          new Documented(
              LIVENESS_FROM,
              "readiness",
              "a missing liveness probe gets the check of the readiness probe"),
          new Documented(
              HEALTHCHECK_FILE,
              FILE,
              "the liveness check reads this file from the volume with `cat`; the page cache may"
                  + " answer the read, and the file has to exist"),
          new Documented(
              HEALTHCHECK_WRITE,
              FILE,
              "the liveness check writes a byte to this file and waits for the storage, using `dd`"
                  + " with `conv=fsync`"),
          new Documented(
              GRACE,
              "pod or probe",
              "where the short grace period applies: `probe` keeps the Pod's own, and only the"
                  + " restart of an unhealthy container is fast"),
          new Documented(
              GRACE_SECONDS, "a whole number", "the Pod's terminationGracePeriodSeconds"),
          new Documented(
              PRE_STOP,
              "a command",
              "a preStop hook that runs it with `sh -c`, if the container has none; the Pod then"
                  + " keeps its grace period"),
          new Documented(
              FAILOVER,
              "enabled or disabled",
              "`disabled` (also on its workload) prevents a failover of the Pod; `enabled` states"
                  + " that its controller, if not built into Kubernetes, recreates it on another"
                  + " node"),
          new Documented(
              SHARED_VOLUMES_ACCEPTED,
              "true",
              "lets failover move a Pod that also writes to shared storage, where an old instance"
                  + " on a node that is only isolated may keep writing"),
          new Documented(
              DELETE_WHEN_FAILING,
              "true",
              "the failover controller deletes the Pod, within its grace period, when its"
                  + " containers keep failing on a healthy node"),
          new Documented(TRACE, "JSON", "written by rwop-guard: each edit, and what it replaced"));

  /** An annotation, as the README lists it. */
  public record Documented(String name, String value, String meaning) {}

  private static final List<String> NAMES = DOCUMENTED.stream().map(Documented::name).toList();

  private static final PodAnnotations NONE =
      new PodAnnotations(
          false,
          false,
          false,
          Map.of(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of());

  /** Returns whether an annotation of this name is read on a pod template, and only there. */
  public static boolean isReadThereOnly(String name) {
    return (NAMES.contains(name) && !name.equals(FAILOVER)) || name.startsWith(LIVENESS_OF);
  }

  /** Reads the annotations of a template. */
  public static PodAnnotations of(PodTemplate template) {
    // nearly all Pods have none of these annotations, and each Pod passes here
    return template.annotations().keySet().stream().anyMatch(name -> name.contains(PREFIX))
        ? new Reader(template).read()
        : NONE;
  }

  /** Returns the check for a container, if there is one. */
  public Optional<ObjectNode> livenessOf(String container) {
    return Optional.ofNullable(liveness.getOrDefault(container, liveness.get("")))
        .map(ObjectNode::deepCopy);
  }

  /** Returns whether the author wants to leave a container's probes unchanged. */
  public boolean leavesLivenessAlone(String container) {
    return livenessOf(container).map(ObjectNode::isEmpty).orElse(false);
  }

  private static final class Reader {

    private final PodTemplate template;
    private final Map<String, String> annotations;
    private final Map<String, String> problems = new LinkedHashMap<>();

    Reader(PodTemplate template) {
      this.template = template;
      this.annotations = template.annotations();
    }

    PodAnnotations read() {
      Map<String, ObjectNode> liveness = new HashMap<>();
      value(LIVENESS, CHECK, Reader::check).ifPresent(check -> liveness.put("", check));
      List<String> containers = new ArrayList<>();
      template.containers().forEach(container -> containers.add(container.name()));
      for (String name : annotations.keySet().stream().sorted().toList()) {
        if (name.startsWith(LIVENESS_OF)) {
          String container = name.substring(LIVENESS_OF.length());
          if (!containers.contains(container)) {
            problems.put(name, "container " + container + " does not exist");
          } else {
            value(name, CHECK, Reader::check).ifPresent(check -> liveness.put(container, check));
          }
        } else if (name.startsWith(PREFIX) && !NAMES.contains(name)) {
          problems.put(
              name,
              "this annotation does not exist; the annotations are " + String.join(", ", NAMES));
        }
      }
      value(FAILOVER, "\"enabled\" or \"disabled\"", text -> one(text, "enabled", "disabled"));
      value(DELETE_WHEN_FAILING, "\"true\"", text -> one(text, "true"));
      value(SHARED_VOLUMES_ACCEPTED, "\"true\"", text -> one(text, "true"));
      Optional<String> mutate =
          value(MUTATE, "\"disabled\" or \"enabled\"", text -> one(text, "disabled", "enabled"));
      return new PodAnnotations(
          mutate.filter("disabled"::equals).isPresent(),
          mutate.filter("enabled"::equals).isPresent(),
          value(LIVENESS_FROM, "\"readiness\"", text -> one(text, "readiness")).isPresent(),
          liveness,
          value(HEALTHCHECK_FILE, FILE, Reader::path),
          value(HEALTHCHECK_WRITE, FILE, Reader::path),
          value(GRACE_SECONDS, "a whole number from 0 to " + LONGEST_GRACE, Reader::seconds)
              .map(OptionalInt::of)
              .orElse(OptionalInt.empty()),
          value(GRACE, "\"pod\" or \"probe\"", text -> one(text, "pod", "probe"))
              .map(text -> text.equals("pod")),
          value(PRE_STOP, "a command", text -> Optional.of(text).filter(t -> !t.isBlank())),
          problems);
    }

    private <T> Optional<T> value(
        String name, String expected, Function<String, Optional<T>> reader) {
      String text = annotations.get(name);
      if (text == null) {
        return Optional.empty();
      }
      Optional<T> value = reader.apply(text);
      if (value.isEmpty()) {
        problems.put(
            name,
            "must be %s, found \"%s\""
                .formatted(expected, Printable.beginning(text, LONGEST_QUOTE)));
      }
      return value;
    }

    private static Optional<String> one(String text, String... known) {
      return Optional.of(text).filter(value -> List.of(known).contains(value));
    }

    private static Optional<Integer> seconds(String text) {
      return Optional.of(text)
          .filter(value -> value.matches("\\d{1,5}"))
          .map(Integer::valueOf)
          .filter(value -> value <= LONGEST_GRACE);
    }

    private static Optional<String> path(String text) {
      return Optional.of(text)
          .filter(path -> !path.isBlank() && !path.startsWith("/"))
          .filter(path -> !List.of(path.split("/", -1)).contains(".."));
    }

    private static Optional<ObjectNode> check(String text) {
      ObjectNode handler = JsonNodeFactory.instance.objectNode();
      Matcher tcp = TCP.matcher(text);
      Matcher grpc = GRPC.matcher(text);
      Matcher http = HTTP.matcher(text);
      Matcher exec = EXEC.matcher(text);
      // with the API server's defaults, so that a second run recognizes its own check
      if (tcp.matches() && isPort(tcp.group(1))) {
        handler.putObject("tcpSocket").put("port", Integer.parseInt(tcp.group(1)));
      } else if (grpc.matches() && isPort(grpc.group(1))) {
        handler.putObject("grpc").put("port", Integer.parseInt(grpc.group(1))).put("service", "");
      } else if (http.matches() && isPort(http.group(2))) {
        handler
            .putObject("httpGet")
            .put("path", http.group(3) == null ? "/" : http.group(3))
            .put("port", Integer.parseInt(http.group(2)))
            .put("scheme", http.group(1).equals("https") ? "HTTPS" : "HTTP");
      } else if (text.equals("none")) {
        return Optional.of(handler);
      } else if (exec.matches()) {
        handler.putObject("exec").putArray("command").add("sh").add("-c").add(exec.group(1));
      } else {
        return Optional.empty();
      }
      return Optional.of(handler);
    }

    private static boolean isPort(String text) {
      int port = Integer.parseInt(text);
      return port > 0 && port <= 65_535;
    }
  }
}
