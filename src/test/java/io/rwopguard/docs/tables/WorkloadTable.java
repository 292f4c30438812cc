package io.rwopguard.docs.tables;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.mutations.PatchBuilder;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.manifests.WellKnownWorkloads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Well-known workloads as a table: what they had, what they get, and what is said of it. */
public final class WorkloadTable {

  private static final List<String> CHECKS = List.of("exec", "httpGet", "tcpSocket", "grpc");

  private WorkloadTable() {}

  public static String make() {
    return "| workload | had | gets | warnings |\n|---|---|---|---|\n"
        + WellKnownWorkloads.folders().stream()
            .map(WorkloadTable::row)
            .collect(Collectors.joining());
  }

  private static String row(Path folder) {
    ObjectNode manifest = WellKnownWorkloads.before(folder);
    PatchBuilder draft = WellKnownWorkloads.mutate(manifest);
    ObjectFacts facts = Manifests.facts(manifest);
    List<String> had = said(facts, manifest);
    List<String> gets = said(facts, draft.edited());
    gets.removeAll(had);
    String name = folder.getFileName().toString();
    return "| [%s](../../src/test/resources/workloads/%s/after.yaml), %s | %s | %s | %s |%n"
        .formatted(
            name,
            name,
            facts.kind().kindName(),
            String.join("<br>", had),
            String.join("<br>", gets),
            String.join("<br>", draft.warnings()));
  }

  private static List<String> said(ObjectFacts facts, JsonNode manifest) {
    PodTemplate template = facts.podTemplate().orElseThrow();
    Set<String> claims =
        template.volumes().stream().map(volume -> volume.name()).collect(Collectors.toSet());
    List<String> said = new ArrayList<>();
    List<Container> writers =
        template.containers().stream()
            .filter(container -> container.role() != Container.Role.INIT)
            .filter(container -> container.volumes().stream().anyMatch(claims::contains))
            .toList();
    for (Container container : writers) {
      String of = writers.size() > 1 ? " of " + container.name() : "";
      JsonNode json = manifest.at(container.path().pointer());
      said.add("liveness%s: %s".formatted(of, probe(json.path("livenessProbe"))));
      said.add("startup%s: %s".formatted(of, probe(json.path("startupProbe"))));
      if (json.path("lifecycle").has("preStop")) {
        said.add("a preStop hook" + of);
      }
    }
    JsonNode spec = manifest.at(template.specPath().pointer());
    said.add("grace: %d s".formatted(spec.path("terminationGracePeriodSeconds").asInt(30)));
    if (facts.kind().kindName().equals("Deployment")) {
      JsonNode strategy = manifest.path("spec").path("strategy");
      said.add("strategy: " + strategy.path("type").asText("RollingUpdate"));
    }
    return said;
  }

  /** A probe in few words, with the API server's defaults. */
  private static String probe(JsonNode probe) {
    if (!probe.isObject()) {
      return "none";
    }
    String check = CHECKS.stream().filter(probe::has).findFirst().orElseThrow();
    List<String> words = new ArrayList<>();
    words.add(check.replace("Get", "").replace("Socket", ""));
    words.add(
        "%d × %d s"
            .formatted(
                probe.path("failureThreshold").asInt(3), probe.path("periodSeconds").asInt(10)));
    words.add("%d s to answer".formatted(probe.path("timeoutSeconds").asInt(1)));
    if (probe.path("initialDelaySeconds").asInt() > 0) {
      words.add("from %d s on".formatted(probe.path("initialDelaySeconds").asInt()));
    }
    if (probe.has("terminationGracePeriodSeconds")) {
      words.add("%d s to stop".formatted(probe.path("terminationGracePeriodSeconds").asInt()));
    }
    return String.join(", ", words);
  }
}
