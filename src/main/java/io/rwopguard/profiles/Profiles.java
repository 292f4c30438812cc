package io.rwopguard.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.PodTemplate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Recognizes the engine of a container by its image. If no container of the Pod has a known image,
 * a port that only one engine uses counts, or else the Pod's labels.
 */
public final class Profiles {

  private static final List<String> NAME_LABELS = List.of("app.kubernetes.io/name", "app");

  /**
   * The limit below which a port identifies no engine; {@link #COMMON_PORTS} identify none either.
   */
  private static final int FIRST_OWN_PORT = 1024;

  private static final List<Integer> COMMON_PORTS =
      List.of(3000, 5000, 8000, 8080, 8081, 8443, 9000, 9090);

  /** Loads the file when the first container is evaluated. */
  private static final class Loaded {

    static final List<Profile> ALL = ProfileFile.read();
    static final Map<String, Profile> BY_IMAGE = new HashMap<>();
    static final Map<String, Profile> BY_NAME = new HashMap<>();
    static final Map<Integer, Profile> BY_PORT = new HashMap<>();

    static {
      for (Profile profile : ALL) {
        profile.images().forEach(image -> BY_IMAGE.put(image, profile));
        profile.names().forEach(name -> BY_NAME.putIfAbsent(name, profile));
        profile.ports().stream()
            .limit(1)
            .filter(port -> port >= FIRST_OWN_PORT && !COMMON_PORTS.contains(port))
            .forEach(port -> BY_PORT.putIfAbsent(port, profile));
      }
    }
  }

  private Profiles() {}

  /** Returns all known profiles, in the order of the file. */
  public static List<Profile> all() {
    return Loaded.ALL;
  }

  /** Returns the profile of the engine that a container runs; empty if it is not recognized. */
  public static Optional<Profile> of(Container container, PodTemplate template) {
    Optional<Profile> own = byImage(container);
    if (own.isPresent()
        || template.containers().stream().anyMatch(other -> byImage(other).isPresent())) {
      return own;
    }
    return byPort(container)
        .or(() -> isFirst(container, template) ? byLabels(template) : Optional.empty());
  }

  private static Optional<Profile> byImage(Container container) {
    String image = container.json().path("image").asText("");
    int digest = image.indexOf('@');
    String untagged = digest < 0 ? image : image.substring(0, digest);
    int tag = untagged.lastIndexOf(':');
    if (tag > untagged.lastIndexOf('/')) {
      untagged = untagged.substring(0, tag);
    }
    int last = untagged.lastIndexOf('/');
    int beforeLast = last < 0 ? -1 : untagged.lastIndexOf('/', last - 1);
    String name = untagged.substring(last + 1);
    String lastTwo = untagged.substring(beforeLast + 1);
    return Optional.ofNullable(Loaded.BY_IMAGE.getOrDefault(lastTwo, Loaded.BY_IMAGE.get(name)));
  }

  private static Optional<Profile> byPort(Container container) {
    for (JsonNode port : container.json().path("ports")) {
      Profile profile = Loaded.BY_PORT.get(port.path("containerPort").asInt());
      if (profile != null) {
        return Optional.of(profile);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns whether this is the Pod's first main container. The Pod's labels prove nothing about
   * the others.
   */
  private static boolean isFirst(Container container, PodTemplate template) {
    return template.containers().stream()
        .filter(each -> each.role() == Container.Role.MAIN)
        .findFirst()
        .filter(container::equals)
        .isPresent();
  }

  private static Optional<Profile> byLabels(PodTemplate template) {
    JsonNode labels = template.json().path("metadata").path("labels");
    return NAME_LABELS.stream()
        .map(label -> Loaded.BY_NAME.get(labels.path(label).asText("")))
        .filter(Objects::nonNull)
        .findFirst();
  }
}
