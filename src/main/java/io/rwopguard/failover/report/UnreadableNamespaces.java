package io.rwopguard.failover.report;

import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Reports the namespaces that failover is set up for but may not read. */
public final class UnreadableNamespaces {

  private final Supplier<Map<String, String>> found;
  private final ConditionLog problems;
  private final EventSink events;
  private final About election;
  private final String role;
  private volatile Map<String, String> reported = Map.of();

  /**
   * Prepares the reports.
   *
   * @param found the namespaces that may not be read, and why
   * @param election the Lease that is the object of Events about the whole cluster
   * @param role the name of the Role that the chart creates in each namespace
   */
  public UnreadableNamespaces(
      Supplier<Map<String, String>> found,
      ConditionLog problems,
      EventSink events,
      About election,
      String role) {
    this.found = found;
    this.problems = problems;
    this.events = events;
    this.election = election;
    this.role = role;
  }

  /** Returns the namespaces that could not be read at the last report, with their remediation. */
  public Map<String, String> messages() {
    return reported;
  }

  /** Reports the changes since the last report. */
  public void report() {
    Map<String, String> now = new TreeMap<>();
    found.get().forEach((namespace, why) -> now.put(namespace, message(namespace, why)));
    reported.keySet().stream()
        .filter(namespace -> !now.containsKey(namespace))
        .forEach(namespace -> problems.solved("namespace " + namespace));
    reported = now;
    now.forEach(
        (namespace, message) -> {
          problems.found("namespace " + namespace, message);
          events.say(election, true, "NamespaceUnreadable", message, namespace);
        });
  }

  private String message(String namespace, String why) {
    return ("rwop-guard may not read namespace %1$s: %2$s. It fails over nothing in that namespace;"
            + " other namespaces are not affected. Create Role %3$s and RoleBinding %3$s in"
            + " namespace %1$s, as the chart does for each of failover.namespaces, or remove the"
            + " namespace from that setting.")
        .formatted(namespace, why, role);
  }
}
