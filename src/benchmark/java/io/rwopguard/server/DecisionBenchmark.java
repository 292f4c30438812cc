package io.rwopguard.server;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.cluster.BenchmarkInventory;
import io.rwopguard.model.ObjectFacts;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A decision from the bytes of a review to those of the answer, without HTTP, log and metrics, and
 * its parts: decoding the review, and reading from the object in it what rules and mutations ask
 * about.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class DecisionBenchmark {

  private static final JsonMapper MAPPER = new JsonMapper();

  private byte[] volume;
  private byte[] workload;
  private AdmissionRequest volumeRequest;
  private AdmissionRequest workloadRequest;
  private Validator validator;
  private Mutator mutator;

  /** Decides once as well: an error must never be measured. */
  @Setup
  public void prepare() throws IOException {
    SmallRyeConfig settings =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(RwopGuardConfig.class)
            .build();
    RwopGuardConfig config = settings.getConfigMapping(RwopGuardConfig.class);
    Inventory inventory = new BenchmarkInventory();
    validator = new Validator(inventory, config, settings, new Authors(config));
    mutator = new Mutator(inventory, config, new RepeatedEdits(config, new SimpleMeterRegistry()));
    volume = review("validate");
    workload = review("mutate");
    volumeRequest = ReviewReader.read(volume);
    workloadRequest = ReviewReader.read(workload);
    require(validateVolume(), "\"allowed\":true");
    require(validateWorkload(), "\"allowed\":true");
    require(mutateWorkload(), "\"patchType\":\"JSONPatch\"");
  }

  /** On one line and without indentation, as an API server sends it. */
  private static byte[] review(String name) throws IOException {
    byte[] text = Files.readAllBytes(Path.of("src/benchmark/requests", name + ".json"));
    return MAPPER.writeValueAsBytes(MAPPER.readTree(text));
  }

  private static void require(byte[] answer, String text) {
    String json = new String(answer, StandardCharsets.UTF_8);
    if (!json.contains(text)) {
      throw new IllegalStateException(
          "no answer to measure, %s is not in it: %s".formatted(text, json));
    }
  }

  @Benchmark
  public byte[] validateVolume() {
    return answer(validator.decide(ReviewReader.read(volume)));
  }

  @Benchmark
  public byte[] validateWorkload() {
    return answer(validator.decide(ReviewReader.read(workload)));
  }

  @Benchmark
  public byte[] mutateWorkload() {
    return answer(mutator.decide(ReviewReader.read(workload)));
  }

  private static byte[] answer(CompletionStage<AdmissionResponse> decision) {
    return decision.toCompletableFuture().join().toReview();
  }

  @Benchmark
  public Object decodeVolume() {
    return ReviewReader.read(volume);
  }

  @Benchmark
  public Object decodeWorkload() {
    return ReviewReader.read(workload);
  }

  @Benchmark
  public ObjectFacts extractVolume() {
    return volumeRequest.facts();
  }

  @Benchmark
  public ObjectFacts extractWorkload() {
    return workloadRequest.facts();
  }
}
