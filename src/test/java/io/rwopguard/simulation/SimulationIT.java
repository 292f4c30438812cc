package io.rwopguard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.Program;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Waits, as the last of all classes, for the schedules that ran beside the others. */
@Isolated
@Order(Integer.MAX_VALUE)
class SimulationIT {

  @Test
  void no_schedule_violates_an_invariant() {
    Program simulation = BackgroundSimulation.result();
    System.out.println(simulation.output());
    assertThat(simulation.exitCode()).as(simulation.output()).isZero();
  }
}
