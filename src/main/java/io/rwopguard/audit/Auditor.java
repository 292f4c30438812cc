package io.rwopguard.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.audit.Findings.Holder;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.model.VolumeSpec;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** Checks the objects of a cluster with the rules, as if each were created now. */
public final class Auditor {

  /** A receiver of the audit's progress. */
  public interface Progress {

    /** Reports the number of checked objects, and the next ones. */
    void at(String what, long done, long all);
  }

  /**
   * The kinds in the order of the audit. Claims precede volumes and their consumers, and owners
   * precede their dependents, which only repeat a finding.
   */
  static final List<Kind> KINDS =
      List.of(
          Kind.PERSISTENT_VOLUME_CLAIM,
          Kind.PERSISTENT_VOLUME,
          Kind.HORIZONTAL_POD_AUTOSCALER,
          Kind.POD_TEMPLATE,
          Kind.CRON_JOB,
          Kind.DEPLOYMENT,
          Kind.STATEFUL_SET,
          Kind.DAEMON_SET,
          Kind.REPLICATION_CONTROLLER,
          Kind.REPLICA_SET,
          Kind.JOB,
          Kind.POD);

  private static final Logger LOG = Logger.getLogger(Auditor.class);
  private static final String HALF_MIGRATED = "half-migrated";

  /** The phases of a volume whose claim was deleted. */
  private static final Set<String> LEFT_BEHIND = Set.of("Released", "Failed");

  private final ClusterPages pages;
  private final Set<String> namespaces;
  private final Inventory inventory;
  private final RuleSet rules;
  private final Findings findings = new Findings();
  private final AttachCheck attachments = new AttachCheck();
  private long passed;
  private long objects;

  /**
   * Creates an auditor of some namespaces or all.
   *
   * @param namespaces all if there are none; of the volumes only those of claims in these
   *     namespaces
   * @param inventory the inventory of the whole cluster
   */
  public Auditor(ClusterPages pages, Set<String> namespaces, Inventory inventory, RuleSet rules) {
    this.pages = pages;
    this.namespaces = Set.copyOf(namespaces);
    this.inventory = inventory;
    this.rules = rules;
  }

  /** Checks all objects of all kinds that the rules cover. */
  public AuditResult run(Progress progress) {
    // counted first, so that a missing permission is reported immediately
    long all = KINDS.stream().mapToLong(pages::count).sum();
    for (Kind kind : KINDS) {
      pages.forEach(
          kind,
          json -> {
            progress.at(kind.plural(), passed++, all);
            look(kind, json);
          });
    }
    for (AuditFinding each : attachments.findings(inventory)) {
      rules
          .judged(each.finding())
          .ifPresent(finding -> findings.add(each.object(), finding, List.of()));
    }
    return findings.result(objects);
  }

  private void look(Kind kind, ObjectNode json) {
    forgetWhatIsNoAuthors(kind, json);
    try {
      ObjectFacts object = ObjectReader.read(kind, "", json);
      if (isOfInterest(object)) {
        objects++;
        look(object, AuditedObject.of(object, json));
      }
    } catch (MalformedObjectException e) {
      LOG.warnf("%s %s is skipped: %s", kind, KubeObject.of(json).name(), e.getMessage());
    }
  }

  private static void forgetWhatIsNoAuthors(Kind kind, ObjectNode json) {
    if (KubeObject.of(json).spec() instanceof ObjectNode spec) {
      if (kind == Kind.POD) {
        // the scheduler has written it
        spec.remove("nodeName");
      }
      if (kind == Kind.PERSISTENT_VOLUME && LEFT_BEHIND.contains(KubeObject.of(json).phase())) {
        // that claim was deleted, and a new one of the same name is another claim
        spec.remove("claimRef");
      }
    }
  }

  private void look(ObjectFacts object, AuditedObject name) {
    object.volume().ifPresent(volume -> attachments.add(Volume.of(object)));
    Inventory learnt =
        inventory
            .learn(rules.questions(object, Optional.empty(), inventory))
            .toCompletableFuture()
            .join();
    for (Finding finding : rules.findings(object, Optional.empty(), learnt)) {
      findings.add(name, finding, holders(object, finding));
    }
    for (Finding found : SidecarCheck.check(object)) {
      rules
          .judged(found, object, inventory)
          .ifPresent(finding -> findings.add(name, finding, holders(object, finding)));
    }
  }

  /**
   * Returns whether an object is to be checked. Objects being deleted are skipped, and those that
   * run nothing and never will: finished Pods and Jobs, and ReplicaSets of old revisions.
   */
  private boolean isOfInterest(ObjectFacts object) {
    boolean isOver =
        object.idle()
            && (object.hasController() || object.kind() == Kind.POD || object.kind() == Kind.JOB);
    return !object.beingDeleted() && !isOver && isInNamespace(object);
  }

  private boolean isInNamespace(ObjectFacts object) {
    return namespaces.isEmpty()
        || object.volume().isEmpty()
        || claimOf(object).map(claim -> namespaces.contains(claim.namespace())).orElse(false);
  }

  /** Returns the objects that may have this finding too, and are checked before this one. */
  private static List<Holder> holders(ObjectFacts object, Finding finding) {
    List<Holder> holders = new ArrayList<>();
    object
        .controller()
        .map(owner -> new Holder(object.namespace(), owner.kindName(), owner.name()))
        .ifPresent(holders::add);
    if (finding.rule().equals(HALF_MIGRATED) && object.claim().isEmpty()) {
      String namespace = claimOf(object).map(ClaimKey::namespace).orElse(object.namespace());
      String claim = Kind.PERSISTENT_VOLUME_CLAIM.kindName();
      holders.add(new Holder(namespace, claim, finding.subject()));
    }
    return holders;
  }

  private static Optional<ClaimKey> claimOf(ObjectFacts object) {
    return object.volume().flatMap(VolumeSpec::claim);
  }
}
