package io.rwopguard.failover.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rwopguard.model.Controller;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes Pods for tests: one that may be failed over, unless something else is said. */
final class Pods {

  static final String REVOKING = "revoking.example.org";

  private boolean optedIn = true;
  private boolean recreated = true;
  private String choice = "";
  private Optional<Controller> controller =
      Optional.of(new Controller(Optional.of(Kind.STATEFUL_SET), "StatefulSet", "db"));
  private String spec = "{}";
  private boolean volumesKnown = true;
  private boolean kindRead = true;
  private boolean sharedAccepted;
  private final List<String> sharedVolumes = new ArrayList<>();
  private final List<String> otherConsumers = new ArrayList<>();
  private final List<VolumeFacts> volumes = new ArrayList<>();

  static Pods pod() {
    return new Pods();
  }

  Pods notOptedIn() {
    optedIn = false;
    return this;
  }

  Pods notRecreated() {
    recreated = false;
    return this;
  }

  Pods ofAKindThatIsNotRead() {
    kindRead = false;
    return this;
  }

  Pods alsoWritesTo(String volume) {
    sharedVolumes.add(volume);
    return this;
  }

  Pods acceptsSharedVolumes() {
    sharedAccepted = true;
    return this;
  }

  Pods besides(String pod) {
    otherConsumers.add(pod);
    return this;
  }

  Pods says(String of) {
    choice = of;
    return this;
  }

  Pods of(Controller owner) {
    controller = Optional.ofNullable(owner);
    return this;
  }

  Pods spec(String yaml) {
    spec = yaml;
    return this;
  }

  Pods volumesUnknown() {
    volumesKnown = false;
    return this;
  }

  Pods volume(String driver, Boolean attaches) {
    return volume(driver, attaches, false, "{}");
  }

  Pods volume(String driver, Boolean attaches, boolean manyWriters, String affinity) {
    return volume(Optional.ofNullable(driver), Optional.empty(), attaches, manyWriters, affinity);
  }

  Pods inTree(InTreeSource source) {
    return volume(Optional.empty(), Optional.of(source), null, false, "{}");
  }

  Pods sharedInTree(InTreeSource source) {
    return volume(Optional.empty(), Optional.of(source), null, true, "{}");
  }

  private Pods volume(
      Optional<String> driver,
      Optional<InTreeSource> inTree,
      Boolean attaches,
      boolean manyWriters,
      String affinity) {
    String claim = "data" + volumes.size();
    volumes.add(
        new VolumeFacts(
            claim,
            "uid-" + claim,
            "pv-" + claim,
            manyWriters,
            false,
            driver,
            inTree,
            inTree.map(source -> "").orElse("handle-" + claim),
            "fast",
            Optional.ofNullable(attaches),
            yaml(affinity)));
    return this;
  }

  PodFacts make() {
    if (volumes.isEmpty()) {
      volume(REVOKING, true);
    }
    return new PodFacts(
        "shop",
        "db-0",
        "uid-0",
        "dead",
        controller,
        kindRead ? Optional.of(recreated) : Optional.empty(),
        optedIn,
        choice,
        yaml(spec),
        volumesKnown ? Optional.of(volumes) : Optional.empty(),
        sharedVolumes,
        sharedAccepted,
        otherConsumers);
  }

  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
