package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.cluster.BenchmarkInventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
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

/** The mutations of a StatefulSet that has been read already, up to the patch. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class PatchBenchmark {

  private final MutationSet mutations = new MutationSet(MutationSettings.DEFAULTS);
  private final Inventory inventory = new BenchmarkInventory();
  private JsonNode object;
  private ObjectFacts facts;

  /** Makes the patch once as well: nothing to do must never be measured. */
  @Setup
  public void prepare() throws IOException {
    JsonNode review =
        new JsonMapper().readTree(Path.of("src/benchmark/requests/mutate.json").toFile());
    object = review.at("/request/object");
    facts = ObjectReader.read(Kind.STATEFUL_SET, "shop", object);
    if (patch().isEmpty()) {
      throw new IllegalStateException("no mutation was made: there is nothing to measure");
    }
  }

  @Benchmark
  public ArrayNode patch() {
    return mutations.apply(facts, object, inventory).patch();
  }
}
