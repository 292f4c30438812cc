package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be restored from a trace as a probe: anything else would make the object invalid. */
class ProbeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{p: {}}",
        "{p: {tcpSocket: {port: 1}}}",
        "{p: {tcpSocket: {port: 1}, exec: null, httpGet: null, grpc: null}}",
        "{p: {exec: {command: [a]}, periodSeconds: 5, timeoutSeconds: null}}",
        "{p: {exec: {command: [a]}, failureThreshold: 2147483647, unknown: text}}"
      })
  void a_probe_of_one_check_with_whole_numbers_is_well_formed(String probe) {
    assertThat(Probe.isWellFormed(Manifests.parse(probe).path("p"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{p: null}",
        "{p: text}",
        "{p: [1]}",
        "{p: {tcpSocket: {port: 1}, exec: {command: [a]}}}",
        "{p: {tcpSocket: 5432}}",
        "{p: {exec: [a]}}",
        "{p: {tcpSocket: {port: 1}, periodSeconds: '5'}}",
        "{p: {tcpSocket: {port: 1}, failureThreshold: 1.5}}",
        "{p: {tcpSocket: {port: 1}, initialDelaySeconds: 2147483648}}",
        "{p: {tcpSocket: {port: 1}, timeoutSeconds: true}}"
      })
  void anything_else_is_not(String probe) {
    assertThat(Probe.isWellFormed(Manifests.parse(probe).path("p"))).isFalse();
  }
}
