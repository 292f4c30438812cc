package io.rwopguard.audit.report;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.rwopguard.audit.AuditFinding;
import io.rwopguard.audit.AuditResult;
import io.rwopguard.kube.Preconditions;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reconciles the policy reports of a cluster: one for each namespace with findings. It leaves other
 * tools' reports unchanged, even one with the name that its report would have.
 */
public final class PolicyReports {

  /** The number of reports in one response; each may have close to a megabyte. */
  private static final long PAGE = 10;

  private final KubernetesClient client;
  private final List<ReportApi> served;
  private final Set<String> namespaces;

  private PolicyReports(KubernetesClient client, List<ReportApi> served, Set<String> namespaces) {
    this.client = client;
    this.served = served;
    this.namespaces = namespaces;
  }

  /**
   * Detects which kind of report the cluster has.
   *
   * @param namespaces the namespaces of the reports; all, and the cluster's report, if there are
   *     none
   * @throws IllegalStateException if the cluster has no kind of report
   */
  public static PolicyReports in(KubernetesClient client, Set<String> namespaces) {
    List<ReportApi> served = ReportApi.servedBy(client);
    if (served.isEmpty()) {
      throw new IllegalStateException(
          "the cluster has no policy report API: install the CRDs of one of "
              + ReportApi.known()
              + ", or choose another --format");
    }
    return new PolicyReports(client, served, Set.copyOf(namespaces));
  }

  /**
   * The result for the reports.
   *
   * @param kind the kind of the reports that were written
   * @param foreign the namespaces whose report belongs to another tool and was left unchanged
   */
  public record Kept(String kind, int written, int removed, List<String> foreign) {

    @Override
    public String toString() {
      return "reports of %s: %d written, %d without findings removed"
          .formatted(kind, written, removed);
    }
  }

  /** Writes the findings, and deletes the program's own reports without a finding. */
  public Kept keep(AuditResult result, Instant now) {
    ReportApi api = served.get(0);
    Map<String, List<AuditFinding>> byNamespace =
        result.findings().stream()
            .collect(Collectors.groupingBy(each -> each.object().namespace()));
    Map<String, String> before = ours(api);
    int written = 0;
    List<String> foreign = new ArrayList<>();
    for (String namespace : result.counts().namespaces()) {
      if (!isKept(namespace)) {
        continue;
      }
      List<AuditFinding> findings = byNamespace.getOrDefault(namespace, List.of());
      Optional<String> uid = Optional.ofNullable(before.remove(namespace));
      switch (write(api, PolicyReport.of(api, namespace, findings, result.counts(), now), uid)) {
        case DONE -> written++;
        case FOREIGN -> foreign.add(namespace.isEmpty() ? "the cluster" : namespace);
        case GOING -> {}
      }
    }
    int removed = remove(api, before);
    for (ReportApi other : served) {
      // from a time when the cluster had no better kind; a group's versions are the same objects
      removed += other.group().equals(api.group()) ? 0 : remove(other, ours(other));
    }
    return new Kept("%s (%s)".formatted(api.kind(), api.apiVersion()), written, removed, foreign);
  }

  private boolean isKept(String namespace) {
    return namespaces.isEmpty() || namespaces.contains(namespace);
  }

  private enum Write {
    DONE,
    FOREIGN,
    GOING
  }

  /**
   * Writes a whole report and overrides other clients' changes; not into a terminating namespace.
   *
   * @param uid the UID of the program's own report that it replaces
   */
  private Write write(ReportApi api, GenericKubernetesResource report, Optional<String> uid) {
    String namespace = report.getMetadata().getNamespace();
    var all =
        client.genericKubernetesResources(namespace == null ? api.clusterReports() : api.reports());
    var resource = (namespace == null ? all : all.inNamespace(namespace)).resource(report);
    try {
      if (uid.isPresent()) {
        // the API server refuses the write if the report is not the one that was read
        report.getMetadata().setUid(uid.get());
        resource.fieldManager(PolicyReport.NAME).forceConflicts().serverSideApply();
      } else {
        resource.create();
      }
      return Write.DONE;
    } catch (KubernetesClientException e) {
      if (isGoing(e)) {
        return Write.GOING;
      }
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return Write.FOREIGN;
      }
      throw e;
    }
  }

  private static boolean isGoing(KubernetesClientException failure) {
    boolean isTerminating =
        Optional.ofNullable(failure.getStatus())
            .map(status -> status.getDetails())
            .map(details -> details.getCauses())
            .orElse(List.of())
            .stream()
            .map(StatusCause::getReason)
            .anyMatch("NamespaceTerminating"::equals);
    return isTerminating || failure.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
  }

  /** Returns the UIDs of the reports that an audit has written, by namespace. */
  private Map<String, String> ours(ReportApi api) {
    Map<String, String> found = new HashMap<>();
    var reports = client.genericKubernetesResources(api.reports());
    if (namespaces.isEmpty()) {
      collect(reports.inAnyNamespace(), found);
      collect(client.genericKubernetesResources(api.clusterReports()), found);
    }
    namespaces.forEach(namespace -> collect(reports.inNamespace(namespace), found));
    return found;
  }

  private static void collect(
      Listable<GenericKubernetesResourceList> reports, Map<String, String> found) {
    String next = null;
    do {
      // by name, so that a role can be limited to that name
      ListOptions options =
          new ListOptionsBuilder()
              .withFieldSelector("metadata.name=" + PolicyReport.NAME)
              .withLabelSelector(PolicyReport.LABEL + "=" + PolicyReport.NAME)
              .withLimit(PAGE)
              .withContinue(next)
              .build();
      GenericKubernetesResourceList page = reports.list(options);
      for (GenericKubernetesResource report : page.getItems()) {
        ObjectMeta metadata = report.getMetadata();
        found.put(Optional.ofNullable(metadata.getNamespace()).orElse(""), metadata.getUid());
      }
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
  }

  private int remove(ReportApi api, Map<String, String> stale) {
    int removed = 0;
    for (Map.Entry<String, String> each : stale.entrySet()) {
      removed += delete(api.path(each.getKey(), PolicyReport.NAME), each.getValue()) ? 1 : 0;
    }
    return removed;
  }

  /** Deletes the report that was read, and no other that was created in its place. */
  private boolean delete(String path, String uid) {
    try {
      client.raw(path, "DELETE", Preconditions.deletionOf(uid).toString());
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
          || e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }
}
