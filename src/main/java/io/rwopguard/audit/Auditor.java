package io.rwopguard.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.audit.Findings.Holder;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.MalformedObjectException;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectReader;
import io.rwopguard.workload.VolumeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** Puts the objects of a cluster to the rules, as if each were created now. */
public final class Auditor {

  /** Hears how far it is. */
  public interface Progress {

    /** So many objects of all have been looked at, and these are next. */
    void at(String what, long done, long all);
  }

  /**
   * What may have a finding comes before what only repeats it: claims before volumes and their
   * users, owners before what they make.
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

  /** Phases of a volume whose claim is gone. */
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
   * Looks at some namespaces or at all.
   *
   * @param namespaces all if there are none; of volumes those of claims in these
   * @param inventory of the whole cluster
   */
  public Auditor(ClusterPages pages, Set<String> namespaces, Inventory inventory, RuleSet rules) {
    this.pages = pages;
    this.namespaces = Set.copyOf(namespaces);
    this.inventory = inventory;
    this.rules = rules;
  }

  /** Goes through all objects of all kinds that rules are about. */
  public AuditResult run(Progress progress) {
    // asked before all else, so that a right that is missing is said at once
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
      LOG.warnf("%s %s is left out: %s", kind, json.at("/metadata/name").asText(), e.getMessage());
    }
  }

  private static void forgetWhatIsNoAuthors(Kind kind, ObjectNode json) {
    if (json.path("spec") instanceof ObjectNode spec) {
      if (kind == Kind.POD) {
        // the scheduler has written it
        spec.remove("nodeName");
      }
      if (kind == Kind.PERSISTENT_VOLUME
          && LEFT_BEHIND.contains(json.at("/status/phase").asText())) {
        // that claim is gone, and a namesake is another
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
   * Not what is on its way out, nor what runs nothing and never will by itself: finished Pods and
   * Jobs, and the ReplicaSets of old revisions.
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

  /** Who may have this finding too, and is told of it before this object. */
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
