package io.rwopguard.lint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.rules.RuleSet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Writes manifests to a folder, and evaluates them. */
abstract class LintedFolder {

  @TempDir protected Path folder;

  static String claim(String name, String mode) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %s, namespace: shop}
    spec: {accessModes: [%s], resources: {requests: {storage: 1Gi}}}
    """
        .formatted(name, mode);
  }

  static String deployment(String name, int replicas, String claim) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %s, namespace: shop}
    spec:
      replicas: %d
      strategy: {type: Recreate}
      selector: {matchLabels: {app: %s}}
      template:
        metadata: {labels: {app: %s}}
        spec:
          containers: [{name: main, image: main:1}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
    """
        .formatted(name, replicas, name, name, claim);
  }

  void write(String file, String... manifests) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, String.join("---\n", manifests));
  }

  static JsonNode json(String manifest) throws IOException {
    return new YAMLMapper().readTree(manifest);
  }

  LintRun run() {
    return run("", folder.toString());
  }

  static LintRun run(String input, String... paths) {
    return run(Optional.empty(), new EmptyInventory(), input, paths);
  }

  static LintRun run(Optional<String> namespace, Inventory cluster, String input, String... paths) {
    return new LintRun(
        List.of(paths),
        RuleSet.WITH_DEFAULTS,
        namespace,
        cluster,
        Optional.empty(),
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the rule of each finding after the path of its file below the folder. */
  List<String> findings(LintRun run) {
    return run.result().findings().stream()
        .map(
            each ->
                folder.relativize(Path.of(each.manifest().source())) + " " + each.finding().rule())
        .toList();
  }

  static List<String> alternatives(LintRun run) {
    return run.result().alternatives().stream().map(each -> each.object().toString()).toList();
  }
}
