package io.rwopguard.inventory.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compares thousands of files without spending time and memory on each pair of them. */
@Timeout(60)
class AlternativesAtScaleTest {

  private static final int FILES = 5000;

  private final ManifestInventory inventory = new ManifestInventory(new EmptyInventory());

  private void add(String file, Kind kind, String manifest) throws IOException {
    JsonNode json = new YAMLMapper().readTree(manifest);
    ObjectFacts facts = ObjectReader.read(kind, "shop", json);
    inventory.add(facts, origin(file), Content.of(facts, json));
  }

  private static Origin origin(String file) {
    return Origin.of(Path.of("/manifests", file.split("/")));
  }

  private void addClaim(String file, String size) throws IOException {
    add(
        file,
        Kind.PERSISTENT_VOLUME_CLAIM,
        "{metadata: {name: data}, spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: %s}}}}"
            .formatted(size));
  }

  private void addJob(String file, String name, String claim) throws IOException {
    add(
        file,
        Kind.JOB,
        """
        metadata: {%s}
        spec: {template: {spec: {
          containers: [{name: main}],
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]}}}
        """
            .formatted(name, claim));
  }

  private int users(String file, String claim) {
    return inventory.seenFrom(origin(file)).usersOf(new ClaimKey("shop", claim)).size();
  }

  @Test
  void jobs_without_a_name_are_compared_for_their_own_claim_only() throws IOException {
    addClaim("one.yaml", "1Gi");
    addClaim("two.yaml", "2Gi");
    for (int i = 0; i < FILES; i++) {
      addJob("job-%d.yaml".formatted(i), "generateName: once-", "claim-" + i);
    }
    for (int i = 0; i < FILES; i++) {
      assertThat(users("job-%d.yaml".formatted(i), "claim-" + i)).isEqualTo(1);
    }
  }

  @Test
  void environments_do_not_meet_a_consumer_of_any_other() throws IOException {
    for (int i = 0; i < FILES / 2; i++) {
      String folder = "env-%d/".formatted(i);
      addClaim(folder + "claim.yaml", i + "Gi");
      if (i % 2 == 0) {
        addJob(folder + "job.yaml", "name: reader", "data");
      }
    }
    for (int i = 0; i < FILES / 2; i++) {
      assertThat(users("env-%d/claim.yaml".formatted(i), "data")).isEqualTo(1 - i % 2);
    }
  }

  @Test
  void components_with_two_environments_each_meet_their_own() throws IOException {
    for (int i = 0; i < FILES / 2; i++) {
      for (String environment : new String[] {"dev", "prod"}) {
        addJob("%d/%s/job.yaml".formatted(i, environment), "name: job-" + i, "data");
      }
    }
    addClaim("claim/dev/claim.yaml", "1Gi");
    addClaim("claim/prod/claim.yaml", "2Gi");
    assertThat(users("claim/dev/claim.yaml", "data")).isEqualTo(FILES / 2);
  }
}
