package io.rwopguard.testing.manifests;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.Operator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * An inventory with one object for each fact that can be known of it. Names tell the fact: the
 * claims exclusive, shared, mixed, half-migrated, busy and so on. An object called missing does not
 * exist; any other is unknown.
 */
public final class FixtureInventory implements Inventory {

  private static final String NAMESPACE = "shop";

  private static final List<Claim> CLAIMS =
      List.of(
          claim("exclusive", "", "ReadWriteOncePod"),
          claim("taken", "", "ReadWriteOncePod"),
          claim("busy", "", "ReadWriteOncePod"),
          claim("rolled", "", "ReadWriteOncePod"),
          claim("left-over", "", "ReadWriteOncePod"),
          claim("kept", "", "ReadWriteOncePod"),
          claim("contested", "", "ReadWriteOncePod"),
          claim("crowded", "", "ReadWriteOnce"),
          claim("shared", "shared-volume", "ReadWriteOnce"),
          claim("mixed", "", "ReadWriteOncePod", "ReadWriteOnce"),
          claim("half-migrated", "exclusive-volume", "ReadWriteOnce"),
          claim("unfenced", "unfenced-volume", "ReadWriteOncePod"),
          claim("fenced", "fenced-volume", "ReadWriteOncePod"),
          claim("unfenced-shared", "unfenced-shared-volume", "ReadWriteMany"),
          new Claim(
              new ClaimKey(NAMESPACE, "unfenced-unbound"),
              List.of("ReadWriteOncePod"),
              Optional.of("unfenced-class"),
              ""));

  private static final List<Claim> OF_TEMPLATES =
      List.of(
          claim("data-left-shared-0", "", "ReadWriteOnce"),
          claim("data-left-shared-1", "", "ReadWriteOncePod"),
          claim("data-left-exclusive-0", "", "ReadWriteOncePod"));

  private static final List<Volume> VOLUMES =
      List.of(
          new Volume("exclusive-volume", List.of("ReadWriteOncePod"), Optional.empty()),
          new Volume("shared-volume", List.of("ReadWriteOnce"), Optional.empty()),
          new Volume(
              "migrated-volume", List.of("ReadWriteOncePod"), Optional.of("ebs.csi.aws.com")),
          new Volume("fenced-volume", List.of("ReadWriteOncePod"), Optional.of("fenced.csi")),
          new Volume("unfenced-volume", List.of("ReadWriteOncePod"), Optional.of("unfenced.csi")),
          new Volume(
              "unfenced-shared-volume", List.of("ReadWriteMany"), Optional.of("unfenced.csi")));

  private static final List<StorageClass> CLASSES =
      List.of(
          new StorageClass("csi-class", "fenced.csi", true, ""),
          new StorageClass("unfenced-class", "unfenced.csi", false, ""),
          new StorageClass("in-tree-class", "kubernetes.io/rbd", false, ""),
          new StorageClass("migrated-class", "kubernetes.io/aws-ebs", false, ""),
          new StorageClass("portworx-class", "kubernetes.io/portworx-volume", false, ""),
          new StorageClass("fine-class", "kubernetes.io/host-path", false, ""),
          new StorageClass("manual-class", "kubernetes.io/no-provisioner", false, ""));

  private static final List<ClaimConsumer> USERS =
      List.of(
          user(Kind.DEPLOYMENT, "on-exclusive", "", true, "taken"),
          user(Kind.DEPLOYMENT, "of-an-operator", "Database d", true, "taken"),
          user(Kind.DEPLOYMENT, "on-shared", "", true, "shared"),
          user(Kind.DEPLOYMENT, "without-claims", "", true),
          user(Kind.STATEFUL_SET, "without-claims", "", true),
          user(Kind.STATEFUL_SET, "holder", "", true, "busy"),
          user(Kind.POD, "holder-0", "StatefulSet holder", true, "busy"),
          user(Kind.DEPLOYMENT, "web", "", true, "rolled"),
          user(Kind.REPLICA_SET, "web-1", "Deployment web", false, "rolled"),
          user(Kind.POD, "web-1-a", "ReplicaSet web-1", true, "rolled"),
          // the ReplicaSet web-2 has not been seen yet
          user(Kind.POD, "web-2-a", "ReplicaSet web-2", false, "rolled"),
          user(Kind.JOB, "first", "", false, "left-over"),
          user(Kind.POD, "first-x", "Job first", false, "left-over"),
          user(Kind.DEPLOYMENT, "scaled-to-none", "", false, "left-over"),
          user(Kind.REPLICA_SET, "db-5d4f", "", true, "operated"),
          user(Kind.STATEFUL_SET, "prometheus-k8s", "Prometheus k8s", true, "operated"),
          user(Kind.REPLICA_SET, "canary-7d4b", "Rollout canary", true, "operated"),
          user(Kind.DEPLOYMENT, "operated", "Database d", true, "operated"),
          user(Kind.REPLICA_SET, "operated-1", "Deployment operated", true, "operated"),
          // the Deployment has not been seen yet
          user(Kind.REPLICA_SET, "unseen-5d4f", "Deployment unseen", true),
          user(Kind.STATEFUL_SET, "acid-db", "", true, "operated"),
          user(Kind.DEPLOYMENT, "volsync-rsync-tls-dst-db", "ReplicationDestination db", true),
          user(Kind.DEPLOYMENT, "kept", "Database k", true, "kept"),
          user(Kind.REPLICA_SET, "kept-1", "Deployment kept", true, "kept"),
          user(Kind.POD, "kept-1-a", "ReplicaSet kept-1", true, "kept"),
          user(Kind.POD, "a", "", true, "crowded"),
          user(Kind.POD, "b", "", true, "crowded"),
          user(Kind.POD, "a", "", true, "contested"),
          user(Kind.POD, "b", "", true, "contested"));

  /** Their owners say nothing of controller: true, as with operators made with Ansible. */
  private static final List<ClaimConsumer> WITHOUT_CONTROLLER =
      List.of(
          withoutController(Kind.STATEFUL_SET, "awx-postgres", "operated"),
          withoutController(Kind.DEPLOYMENT, "without-controller", "exclusive"),
          keptBy(new Operator("Kanister", false), Kind.DEPLOYMENT, "labelled-only", "exclusive"));

  private final Map<String, String> namespaceLabels;

  private final Map<String, CsiDriver> drivers = new HashMap<>();

  private long podsSeen;

  /** Another Pod of each claim comes. */
  public void podComes() {
    podsSeen++;
  }

  @Override
  public long podsSeen(ClaimKey claim) {
    return podsSeen;
  }

  /** Adds a driver to the two that are there anyway. */
  public FixtureInventory driver(CsiDriver driver) {
    drivers.put(driver.name(), driver);
    return this;
  }

  public FixtureInventory() {
    this(Map.of());
  }

  /** Creates the same inventory, in a namespace of these labels. */
  public FixtureInventory(Map<String, String> namespaceLabels) {
    this.namespaceLabels = namespaceLabels;
  }

  private static Claim claim(String name, String volume, String... modes) {
    return new Claim(new ClaimKey(NAMESPACE, name), Arrays.asList(modes), Optional.empty(), volume);
  }

  private static ClaimConsumer user(
      Kind kind, String name, String controller, boolean active, String... claims) {
    String[] owner = controller.split(" ", -1);
    Optional<Kind> ownerKind = Kind.of("apps", owner[0]).or(() -> Kind.of("batch", owner[0]));
    Optional<Controller> made =
        controller.isEmpty()
            ? Optional.empty()
            : Optional.of(new Controller(ownerKind, owner[0], owner[1]));
    return new ClaimConsumer(
        new ObjectKey(kind, NAMESPACE, name),
        made,
        made.filter(by -> by.kind().isEmpty()).map(by -> new Operator(by.toString(), true)),
        Set.copyOf(Arrays.stream(claims).map(claim -> new ClaimKey(NAMESPACE, claim)).toList()),
        active,
        false,
        Optional.empty());
  }

  private static ClaimConsumer withoutController(Kind kind, String name, String claim) {
    return keptBy(new Operator("AWX awx", true), kind, name, claim);
  }

  private static ClaimConsumer keptBy(Operator operator, Kind kind, String name, String claim) {
    return new ClaimConsumer(
        new ObjectKey(kind, NAMESPACE, name),
        Optional.empty(),
        Optional.of(operator),
        Set.of(new ClaimKey(NAMESPACE, claim)),
        true,
        false,
        Optional.empty());
  }

  private static <T> Lookup<T> lookup(String name, Optional<T> found) {
    return name.equals("missing")
        ? Lookup.absent()
        : found.map(Lookup::found).orElseGet(Lookup::unknown);
  }

  @Override
  public Lookup<Claim> claim(ClaimKey key) {
    if (key.name().matches(".*-\\d+")) {
      // as a StatefulSet's claims are called
      return OF_TEMPLATES.stream()
          .filter(claim -> claim.key().equals(key))
          .findFirst()
          .map(Lookup::found)
          .orElseGet(Lookup::absent);
    }
    return lookup(key.name(), CLAIMS.stream().filter(claim -> claim.key().equals(key)).findFirst());
  }

  @Override
  public Lookup<Volume> volume(String name) {
    return lookup(name, VOLUMES.stream().filter(v -> v.name().equals(name)).findFirst());
  }

  @Override
  public Lookup<StorageClass> storageClass(String name) {
    return lookup(name, CLASSES.stream().filter(c -> c.name().equals(name)).findFirst());
  }

  @Override
  public Lookup<StorageClass> defaultStorageClass() {
    return Lookup.found(CLASSES.get(0));
  }

  @Override
  public Lookup<CsiDriver> csiDriver(String name) {
    if (drivers.containsKey(name)) {
      return Lookup.found(drivers.get(name));
    }
    return switch (name) {
      case "fenced.csi" -> Lookup.found(new CsiDriver(name, true));
      case "unfenced.csi" -> Lookup.found(new CsiDriver(name, false));
      default -> Lookup.unknown();
    };
  }

  @Override
  public Lookup<Namespace> namespace(String name) {
    return Lookup.found(new Namespace(name, namespaceLabels));
  }

  @Override
  public Lookup<ClaimConsumer> claimUser(ObjectKey key) {
    return lookup(
        key.name(),
        Stream.concat(USERS.stream(), WITHOUT_CONTROLLER.stream())
            .filter(user -> user.key().equals(key))
            .findFirst());
  }

  @Override
  public List<ClaimConsumer> usersOf(ClaimKey claim) {
    return USERS.stream().filter(user -> user.claims().contains(claim)).toList();
  }

  @Override
  public Stream<ClaimConsumer> pods() {
    return Stream.empty();
  }

  @Override
  public CompletionStage<Inventory> learn(LookupRequest questions) {
    return CompletableFuture.completedFuture(this);
  }
}
