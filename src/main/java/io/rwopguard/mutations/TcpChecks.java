package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Json;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the port for a TCP check of a container, and the reasons for which such a check would do
 * harm or prove nothing.
 */
final class TcpChecks {

  /** The port of Erlang's port mapper, which survives the engine that started it. */
  private static final int EPMD = 4369;

  /** Programs that act on each connection, such as a backup. */
  private static final Pattern LISTENER =
      Pattern.compile("\\b(?:ncat|socat|nc|netcat|tcpserver|inetd)\\b");

  /** The container names of proxies that answer in place of the application. */
  private static final Set<String> PROXIES =
      Set.of("istio-proxy", "linkerd-proxy", "envoy-sidecar", "consul-dataplane", "kuma-sidecar");

  /**
   * A check, or the reason for which there is none.
   *
   * @param advice what to write instead, without a full stop
   */
  record Answer(Optional<ObjectNode> check, String why, String advice) {}

  private TcpChecks() {}

  static Answer of(Container container, PodTemplate template) {
    Optional<Profile> profile = Profiles.of(container, template);
    Optional<String> proxy = proxyOf(template);
    if (proxy.isPresent()) {
      return none(
          "since %s answers every TCP connection, whatever the application does"
              .formatted(proxy.get()),
          "write a livenessProbe with exec, httpGet or grpc, or the annotation "
              + "rwop-guard.io/liveness: exec:COMMAND on the pod template");
    }
    if (profile.isPresent() && !profile.get().tcp().value()) {
      return none(
          "since a TCP check harms %s: %s"
              .formatted(profile.get().title(), uncapitalized(profile.get().tcp().why())),
          "write a livenessProbe, or the annotation rwop-guard.io/liveness: %s on the pod template"
              .formatted(profile.get().remedy()));
    }
    Matcher listener = LISTENER.matcher(commandOf(container));
    if (listener.find()) {
      return none(
          "since its command does something for each connection (%s)".formatted(listener.group()),
          "write a livenessProbe, or the annotation rwop-guard.io/liveness: exec:COMMAND on the pod template");
    }
    List<Integer> declared = declared(container);
    declared.removeIf(
        port ->
            port == EPMD || profile.filter(known -> known.neverPorts().contains(port)).isPresent());
    Optional<Integer> port =
        profile
            .flatMap(known -> known.ports().stream().filter(declared::contains).findFirst())
            .or(() -> declared.stream().findFirst());
    if (port.isEmpty()) {
      return none(
          "since no port, probe or profile shows how to check it",
          "write a livenessProbe, or the annotation rwop-guard.io/liveness: tcp:PORT on the pod template");
    }
    ObjectNode check = JsonNodeFactory.instance.objectNode();
    check.putObject("tcpSocket").put("port", port.get());
    return new Answer(Optional.of(check), "", "");
  }

  private static String uncapitalized(String sentence) {
    return sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
  }

  private static Answer none(String why, String advice) {
    return new Answer(Optional.empty(), why, advice);
  }

  /**
   * Returns the mesh's proxy in a Pod, if it already has one. Traffic to the Pod passes through it.
   */
  private static Optional<String> proxyOf(PodTemplate template) {
    return template.containers().stream()
        .map(Container::name)
        .filter(PROXIES::contains)
        .findFirst()
        .or(
            () ->
                template.annotations().containsKey("sidecar.istio.io/status")
                    ? Optional.of("istio-proxy")
                    : Optional.empty());
  }

  private static String commandOf(Container container) {
    StringBuilder text = new StringBuilder();
    for (String field : List.of("command", "args")) {
      container.json().path(field).forEach(part -> text.append(part.asText()).append(' '));
    }
    return text.toString();
  }

  private static List<Integer> declared(Container container) {
    List<Integer> all = new ArrayList<>();
    List<JsonNode> ports = Json.objects(container.json(), container.path(), "ports");
    for (int i = 0; i < ports.size(); i++) {
      FieldPath path = container.path().field("ports").index(i);
      int port = Json.integer(ports.get(i), path, "containerPort", 0);
      if (Json.text(ports.get(i), path, "protocol").orElse("TCP").equals("TCP") && port > 0) {
        all.add(port);
      }
    }
    return all;
  }
}
