package io.rwopguard.testing.random;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Pod specs: volumes of every sort, and containers of every sort that mount them, or do not. */
public final class RandomPods {

  private static final String ALWAYS = "Always";

  private record Volume(String name, boolean canBeDevice) {}

  private final RandomSource dice;
  private final RandomProbes probes;
  private final List<Volume> volumes = new ArrayList<>();
  private long grace = 30;

  public RandomPods(RandomSource dice) {
    this.dice = dice;
    this.probes = new RandomProbes(dice);
  }

  /** A pod spec, which may also mount these claim templates. */
  public ObjectNode spec(List<String> claimTemplates, String... restartPolicies) {
    ObjectNode spec = RandomSource.object();
    claimTemplates.forEach(name -> volumes.add(new Volume(name, true)));
    ArrayNode written = spec.putArray("volumes");
    for (int i = dice.below(4); i > 0; i--) {
      // a claim template may hide a volume of its name
      String name = i == 3 && !claimTemplates.isEmpty() ? claimTemplates.get(0) : "v" + i;
      volume(written.addObject().put("name", name), name);
    }
    if (written.isEmpty()) {
      spec.remove("volumes");
    }
    if (dice.percent(60)) {
      grace = dice.pick(0L, 0L, 1L, 2L, 5L, 20L, 30L, 31L, 60L, 600L, 86_400L, 5_000_000_000L);
      spec.put("terminationGracePeriodSeconds", grace);
    }
    if (dice.percent(30)) {
      ArrayNode containers = spec.putArray("initContainers");
      for (int i = dice.below(3); i >= 0; i--) {
        containers.add(dice.percent(50) ? container("init-" + i) : sidecar("sidecar-" + i));
      }
    }
    ArrayNode containers = spec.putArray("containers");
    for (int i = dice.pick(0, 0, 0, 1, 1, 2, 3); i >= 0; i--) {
      containers.add(main(dice.pick("db", "app", "proxy") + "-" + i));
    }
    String restartPolicy = dice.pick(restartPolicies);
    if (!restartPolicy.equals(ALWAYS) || dice.percent(30)) {
      spec.put("restartPolicy", restartPolicy);
    }
    tolerations(spec);
    other(spec);
    dice.future(spec, "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers");
    return spec;
  }

  private void volume(ObjectNode volume, String name) {
    boolean claim = false;
    switch (dice.below(10)) {
      case 0 -> volume.putObject("emptyDir");
      case 1 -> volume.putObject("configMap").put("name", "settings");
      case 2, 3 -> {
        claim = true;
        RandomWorkloads.claimSpec(
            volume.putObject("ephemeral").putObject("volumeClaimTemplate").putObject("spec"), dice);
      }
      default -> {
        claim = true;
        ObjectNode source = volume.putObject("persistentVolumeClaim").put("claimName", claim());
        if (dice.percent(5)) {
          source.put("readOnly", true);
        }
      }
    }
    if (volumes.stream().noneMatch(known -> known.name().equals(name))) {
      volumes.add(new Volume(name, claim));
    }
    dice.future(volume);
  }

  private String claim() {
    return dice.percent(50)
        ? dice.pick("exclusive", "fenced", "unfenced")
        : dice.pick(
            "busy",
            "taken",
            "contested",
            "half-migrated",
            "unfenced-unbound",
            "unfenced-shared",
            "shared",
            "mixed",
            "crowded",
            "missing",
            "unheard-of");
  }

  /** A container that runs as long as the Pod. */
  private ObjectNode main(String name) {
    ObjectNode container = container(name);
    probes.addTo(container);
    probes.addHooks(container, grace);
    dice.future(container, "lifecycle", "livenessProbe", "startupProbe", "ports");
    return container;
  }

  /** An init container that keeps running. */
  private ObjectNode sidecar(String name) {
    return main(name).put("restartPolicy", ALWAYS);
  }

  /** Returns a sidecar of a Pod with this grace period, which its hooks keep to. */
  public ObjectNode sidecar(String name, long graceOfPod) {
    grace = graceOfPod;
    return sidecar(name);
  }

  private ObjectNode container(String name) {
    ObjectNode container =
        RandomSource.object().put("name", name).put("image", "registry.example/x:1");
    if (dice.percent(30)) {
      container.putArray("env").addObject().put("name", "VAR").put("value", "x");
    }
    if (dice.percent(40)) {
      container.putObject("resources").putObject("requests").put("cpu", dice.pick("100m", "0.5"));
    }
    if (dice.percent(20)) {
      container.putObject("securityContext").put("runAsNonRoot", true).put("runAsUser", 1000);
    }
    if (dice.percent(10)) {
      container.putArray("command").add("sleep").add("infinity");
    }
    ports(container);
    mounts(container);
    return container;
  }

  private void ports(ObjectNode container) {
    int count = dice.pick(0, 0, 1, 1, 2, 3);
    ArrayNode ports = count > 0 ? container.putArray("ports") : null;
    for (int i = 0; i < count; i++) {
      ObjectNode port = ports.addObject();
      if (dice.percent(50)) {
        port.put("name", "p" + i);
      }
      port.put("containerPort", i == 2 ? 65_535 : 1 + dice.below(60_000));
      if (dice.percent(50)) {
        port.put("protocol", dice.pick("TCP", "UDP", "SCTP"));
      }
    }
  }

  private void mounts(ObjectNode container) {
    ArrayNode mounts = container.putArray("volumeMounts");
    ArrayNode devices = container.putArray("volumeDevices");
    for (Volume volume : volumes) {
      if (dice.percent(30)) {
        continue;
      }
      if (volume.canBeDevice() && dice.percent(12)) {
        devices.addObject().put("name", volume.name()).put("devicePath", "/dev/" + volume.name());
        continue;
      }
      for (int i = dice.pick(0, 0, 0, 1); i >= 0; i--) {
        ObjectNode mount = mounts.addObject().put("name", volume.name());
        mount.put("mountPath", "/mnt/" + volume.name() + i + dice.pick("", "", "/"));
        if (dice.percent(20)) {
          mount.put("subPath", dice.pick("a/b", "file.txt", "..data"));
        }
        if (dice.percent(15)) {
          mount.put("readOnly", dice.percent(80));
        }
      }
    }
    container.remove(mounts.isEmpty() ? List.of("volumeMounts") : List.of());
    container.remove(devices.isEmpty() ? List.of("volumeDevices") : List.of());
  }

  private void tolerations(ObjectNode spec) {
    if (!dice.percent(30)) {
      return;
    }
    ArrayNode tolerations = spec.putArray("tolerations");
    for (int i = dice.below(4); i > 0; i--) {
      ObjectNode toleration = tolerations.addObject();
      if (dice.percent(10)) {
        toleration.put("operator", "Exists");
        continue;
      }
      toleration.put(
          "key",
          dice.pick("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "dedicated"));
      if (dice.percent(70)) {
        toleration.put("operator", "Exists");
      } else {
        toleration.put("operator", "Equal").put("value", "db");
      }
      if (dice.percent(70)) {
        toleration.put("effect", "NoExecute");
        if (dice.percent(70)) {
          toleration.put("tolerationSeconds", dice.pick(300L, 300L, 0L, 60L, 4_294_967_596L, -1L));
        }
      } else if (dice.percent(50)) {
        toleration.put("effect", dice.pick("NoSchedule", "PreferNoSchedule"));
      }
      dice.future(toleration);
    }
  }

  private void other(ObjectNode spec) {
    if (dice.percent(15)) {
      spec.putObject("nodeSelector").put("kubernetes.io/hostname", "one");
    }
    if (dice.percent(10)) {
      spec.put("shareProcessNamespace", true);
    }
    if (dice.percent(10)) {
      spec.putObject("securityContext").put("fsGroup", 1000);
    }
    if (!dice.valid() && dice.percent(3)) {
      // on an existing Pod only, by its own subresource
      spec.putArray("ephemeralContainers").add(container("debug"));
    }
  }
}
