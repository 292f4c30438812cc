package io.rwopguard.lint;

import com.fasterxml.jackson.core.JsonPointer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.manifests.Content;
import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.inventory.manifests.Origin;
import io.rwopguard.manifests.Manifest;
import io.rwopguard.manifests.Place;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Author;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks manifests with the rules, with the manifests themselves as the inventory. */
final class Linter {

  /** The id of findings in an object that the API server could not parse. */
  static final String MALFORMED = "malformed";

  /** The namespace of objects without one, if the command names none either. */
  static final String GUESSED_NAMESPACE = "default";

  /** The rule without findings in a guessed namespace, where a claim may exist all the same. */
  private static final String CLAIM_UNKNOWN = "claim-unknown";

  private static final FieldPath NAME = FieldPath.ROOT.field("metadata").field("name");

  /** An object that the rules can evaluate, with the content of its manifest. */
  record Judged(Manifest manifest, ObjectFacts facts, Content content) {}

  private final RuleSet rules;
  private final Optional<String> namespace;
  private final Map<String, Path> rendered;
  private final ManifestInventory inventory;
  private final List<Judged> judged = new ArrayList<>();
  private final List<LintFinding> findings = new ArrayList<>();
  private final Map<String, Origin> origins = new HashMap<>();

  /**
   * Creates a linter.
   *
   * @param namespace the namespace of objects without one; empty if it is not known
   * @param rendered the defining file of each source that a program rendered
   * @param other the inventory besides the manifests
   */
  Linter(RuleSet rules, Optional<String> namespace, Map<String, Path> rendered, Inventory other) {
    this.rendered = Map.copyOf(rendered);
    this.rules = rules;
    this.namespace = namespace;
    this.inventory = new ManifestInventory(other);
  }

  /** Adds a manifest; the rules are evaluated once all are added. */
  void add(Manifest manifest) {
    manifest
        .duplicates()
        .forEach(
            (pointer, place) ->
                findings.add(
                    new LintFinding(
                        manifest,
                        place,
                        new Finding(
                            MALFORMED,
                            Severity.WARN,
                            FieldPath.ROOT,
                            "",
                            "the key %s occurs twice; kubectl uses the last one"
                                .formatted(
                                    JsonPointer.compile(pointer).last().getMatchingProperty()),
                            "remove one of the two"))));
    String apiVersion = manifest.json().path("apiVersion").asText();
    int slash = apiVersion.indexOf('/');
    Optional<Kind> kind =
        Kind.of(
            slash < 0 ? "" : apiVersion.substring(0, slash), manifest.json().path("kind").asText());
    if (kind.isEmpty() || kind.get() == Kind.SCALE) {
      inventory.addOther(manifest.json(), origin(manifest));
      return;
    }
    try {
      String assumed =
          kind.get() == Kind.PERSISTENT_VOLUME ? "" : namespace.orElse(GUESSED_NAMESPACE);
      ObjectFacts facts = ObjectReader.read(kind.get(), assumed, manifest.json());
      Content content = Content.of(facts, manifest.json());
      inventory.add(facts, origin(manifest), content);
      judged.add(new Judged(manifest, facts, content));
    } catch (MalformedObjectException e) {
      Finding finding =
          new Finding(
              MALFORMED,
              Severity.DENY,
              e.field(),
              "",
              e.getMessage().replaceFirst("^[^:]*: ", ""),
              "fix it, since the API server refuses the object");
      findings.add(new LintFinding(manifest, manifest.place(e.field()), finding));
    }
  }

  List<Judged> judged() {
    return judged;
  }

  /**
   * Returns the inventory for the evaluation of an object: the other manifests, without
   * alternatives.
   */
  Inventory seenFrom(Judged object) {
    return inventory.seenFrom(origin(object.manifest()));
  }

  /** Returns the objects with several manifests of different content. */
  List<Alternative> alternatives() {
    Map<ObjectKey, List<Judged>> written = new LinkedHashMap<>();
    for (Judged each : judged) {
      if (!each.facts().name().isEmpty()) {
        written.computeIfAbsent(each.facts().key(), none -> new ArrayList<>(1)).add(each);
      }
    }
    List<Alternative> all = new ArrayList<>();
    written.forEach(
        (key, versions) -> {
          // a content is compared by its whole tree, and most objects have one version
          if (versions.size() > 1
              && versions.stream().map(Judged::content).distinct().count() > 1) {
            all.add(
                new Alternative(
                    key, versions.stream().map(Judged::manifest).map(Linter::written).toList()));
          }
        });
    return all;
  }

  private static Alternative.Written written(Manifest manifest) {
    return new Alternative.Written(manifest.source(), manifest.place(NAME));
  }

  private Origin origin(Manifest manifest) {
    return origins.computeIfAbsent(
        manifest.source(),
        source -> Origin.of(Optional.ofNullable(rendered.get(source)).orElse(Path.of(source))));
  }

  /** Returns the findings, by file and place. */
  List<LintFinding> findings() {
    for (Judged each : judged) {
      Inventory seen = seenFrom(each);
      Inventory learnt =
          seen.learn(rules.questions(each.facts(), Optional.empty(), seen))
              .toCompletableFuture()
              .join();
      for (Finding finding :
          rules.findings(each.facts(), Optional.empty(), learnt, authorOf(each))) {
        if (finding.rule().equals(CLAIM_UNKNOWN) && isGuessed(each)) {
          continue;
        }
        Place place = each.manifest().place(finding.field());
        findings.add(new LintFinding(each.manifest(), place, finding));
      }
    }
    findings.sort(
        Comparator.<LintFinding, String>comparing(each -> each.manifest().source())
            .thenComparing(each -> each.place().line())
            .thenComparing(each -> each.place().column()));
    return findings;
  }

  /**
   * Returns the author of an object. One that was read from a cluster may be its owner's. Any other
   * is a manifest that a user is going to apply.
   */
  private static Author authorOf(Judged object) {
    KubeObject manifest = KubeObject.of(object.manifest().json());
    return manifest.uid().isEmpty() && manifest.resourceVersion().isEmpty()
        ? Author.USER
        : Author.OPERATOR;
  }

  private boolean isGuessed(Judged object) {
    return namespace.isEmpty() && KubeObject.of(object.manifest().json()).namespace().isEmpty();
  }
}
