package io.rwopguard.docs.tables;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.OperatorSign;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.mutations.PatchBuilder;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Lists what rwop-guard does not edit in a namespace that opted in, each case with a fixture. */
public final class LeftAloneTable {

  /** A case. The fixture is an object of it, and stays as it is. */
  private record Case(String what, String recognized, String why, String fixture) {

    String row() {
      assertThat(mutate(Map.of()).patch()).as(fixture).isEmpty();
      PatchBuilder asked = mutate(Map.of("rwop-guard.io/mutate-operators", "enabled"));
      return "| [%s](../../src/test/resources/mutations/%s/before.yaml) | %s | %s | %s |%n"
          .formatted(what, fixture, recognized, why, asked.patch().isEmpty() ? "no" : "yes");
    }

    private PatchBuilder mutate(Map<String, String> labels) {
      ObjectNode object =
          Manifests.read(
              Manifests.RESOURCES.resolve("mutations/%s/before.yaml".formatted(fixture)));
      ObjectFacts facts = Manifests.facts(object);
      return MUTATIONS.concerns(facts)
          ? MUTATIONS.apply(facts, object, new FixtureInventory(labels))
          : new PatchBuilder(object);
    }
  }

  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);

  private static final String KNOWS =
      "the operator knows how its engine starts and stops, and may recreate a Pod that differs from what it wants";

  private static final List<Case> CASES =
      List.of(
          new Case(
              "a Pod of an operator",
              "an owner reference to a kind that is not Kubernetes' own, with or without `controller: true`",
              KNOWS,
              "operator-strimzi"),
          new Case(
              "a Pod of an operator that sets no owner",
              "the labels below, or `app.kubernetes.io/managed-by` with a value that contains `operator` or ends with `controller`, other than those of Flux, Argo CD and Fleet",
              KNOWS,
              "operator-of-zalando"),
          new Case(
              "a Pod of a StatefulSet, ReplicaSet or Deployment of an operator, such as an Argo Rollout's",
              "the owners of the Pod's owners, up to four of them, by the same signs",
              KNOWS,
              "operator-argo-rollout-over-a-replicaset"),
          new Case(
              "a Pod whose owner, or an owner of that, cannot be looked up in time",
              "no answer within `rwop-guard.lookup-timeout`",
              "it may be an operator's; the answer has a warning",
              "owner-that-could-not-be-looked-up"),
          new Case(
              "a workload of an operator",
              "an owner reference or labels as above, on the workload or its pod template",
              "the operator would undo the edit, and rwop-guard would repeat it",
              "operator-without-controller-keeps-a-statefulset"),
          new Case(
              "a workload of a controller of Kubernetes, such as a Deployment's ReplicaSet",
              "an owner reference with `controller: true`",
              "its controller would replace it; its Pods are edited instead",
              "replicaset-of-a-deployment"),
          new Case(
              "Jobs and their Pods, and whatever ends",
              "`restartPolicy: OnFailure` or `Never`",
              "a liveness probe would kill work that takes its time",
              "pod-of-a-job-that-restarts-on-failure"),
          new Case(
              "Pods of Tekton, and Pods of Velero and VolSync that move data",
              "an owner reference to their kinds, also through a Job or Deployment",
              "as for Jobs",
              "tekton-task"),
          new Case(
              "virtual machines",
              "an owner of KubeVirt's kinds",
              "the probes of the container say nothing about the machine in it",
              "virtual-machine"),
          new Case(
              "static Pods",
              "the annotation `kubernetes.io/config.mirror`",
              "the API server shows them, and changes nothing in them",
              "mirror-pod"),
          new Case(
              "copies by `kubectl debug --copy-to`",
              "no controller, and the field manager `kubectl` of a create request: no other command of kubectl has it",
              "kubectl removes the probes so that nothing kills the shell",
              "kubectl-debug-copy"),
          new Case(
              "what its author excludes",
              "the annotation `rwop-guard.io/mutate: disabled` on the pod template",
              "the author knows better",
              "annotation-leaves-it-alone"));

  private LeftAloneTable() {}

  public static String cases() {
    return "| what | recognized by | why | edited in a namespace labeled `rwop-guard.io/mutate-operators: enabled` |\n"
        + "|---|---|---|---|\n"
        + CASES.stream().map(Case::row).collect(Collectors.joining());
  }

  public static String operators() {
    return "| operator or tool | labels | source |\n|---|---|---|\n"
        + OperatorSign.all().stream()
            .map(
                sign ->
                    "| %s | %s | %s |%n"
                        .formatted(
                            sign.title(),
                            sign.labels().entrySet().stream()
                                .map(
                                    label -> "`%s: %s`".formatted(label.getKey(), label.getValue()))
                                .collect(Collectors.joining(", ")),
                            sign.source()))
            .collect(Collectors.joining());
  }
}
