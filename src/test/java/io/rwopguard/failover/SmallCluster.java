package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.record.FailoverRecords;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.FailoverTraces;
import io.rwopguard.inventory.cluster.FedInventory;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Election;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.kube.Hashes;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.tracing.Tracing;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Runs the real controller on one thread, over objects in memory and a time that a test moves. The
 * kubelets of nodes renew their Leases until their node dies; nothing else of Kubernetes runs.
 */
public final class SmallCluster {

  public static final String NAMESPACE = "rwop-guard";

  private static final Instant START = Instant.parse("2026-11-27T01:02:03Z");
  private static final FailoverMetrics METRICS = new FailoverMetrics(new SimpleMeterRegistry());

  /** Writes of the controller, each with the path of the object and the body. */
  final List<String> writes = new ArrayList<>();

  /** The messages of its events. */
  public final List<String> said = new ArrayList<>();

  /** The annotations of the election's Lease. */
  final Map<String, String> annotations = new HashMap<>();

  final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
  public final MemoryCluster objects = new MemoryCluster();

  /** The requests of manual failovers that the watches know. */
  public final List<ClusterState.RequestedFailover> requests = new ArrayList<>();

  /** The result of each round of probes. */
  public Round round = Round.UNREACHED;

  /** Where the controller records its failovers. */
  Tracing tracing = Tracing.OFF;

  /** Runs after each request of the controller. */
  public Runnable afterRequest = () -> {};

  /** Runs when the controller reads the nodes that the watches know. */
  Runnable beforeNodes = () -> {};

  private final Set<String> alive = new TreeSet<>();
  private final Map<String, NodeFacts> nodes = new HashMap<>();
  public final FedInventory inventory = new FedInventory();
  private Duration time = Duration.ofHours(1);
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final Heartbeats heartbeats = new Heartbeats();
  private ApiServerHealth contact;
  private FailoverController controller;

  public SmallCluster(int nodeCount) {
    objects.listen(
        new MemoryCluster.Listener() {
          @Override
          public void written(ResourceDefinitionContext type, JsonNode object) {
            changed(type, object, false);
          }

          @Override
          public void deleted(ResourceDefinitionContext type, JsonNode object) {
            changed(type, object, true);
          }
        });
    create(Resources.NAMESPACES, "{'metadata':{'name':'kube-system'}}");
    create(
        Resources.NAMESPACES,
        "{'metadata':{'name':'shop','labels':{'rwop-guard.io/failover':'enabled'}}}");
    for (int i = 1; i <= nodeCount; i++) {
      create(
          Resources.NODES,
          "{'metadata':{'name':'node-%d'},'spec':{},'status':{'volumesInUse':[],'addresses':[{'type':'InternalIP','address':'10.0.0.%d'}],'nodeInfo':{'bootID':'boot-%d'},'conditions':[{'type':'Ready','status':'True'}]}}"
              .formatted(i, i, i));
      alive.add("node-" + i);
    }
    renew();
  }

  private static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asText("");
  }

  private static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  public void create(ResourceDefinitionContext type, String json) {
    ObjectNode object = MemoryCluster.tree(json);
    objects.create(type, namespace(object), object);
  }

  private void changed(ResourceDefinitionContext type, JsonNode object, boolean deleted) {
    String key = namespace(object) + "/" + name(object);
    inventory.changed(type.getPlural(), key, deleted ? null : object);
    if (type == Resources.NODES) {
      nodes.put(name(object), NodeReader.read(object));
    }
    if (type == Resources.LEASES && namespace(object).equals(FailoverStore.NODE_LEASES)) {
      heartbeats.seen(
          name(object), NodeReader.renewTime(object), Duration.ofSeconds(40), clocks.nanos());
    }
  }

  private void renew() {
    for (String node : alive) {
      ObjectNode lease =
          MemoryCluster.tree(
              "{'metadata':{'namespace':'%s','name':'%s'},'spec':{'leaseDurationSeconds':40,'renewTime':'%s'}}"
                  .formatted(FailoverStore.NODE_LEASES, node, clocks.now()));
      objects.force(Resources.LEASES, FailoverStore.NODE_LEASES, lease);
    }
  }

  /** Creates a StatefulSet with a Pod on a node, whose volume is attached and in use there. */
  public void workload(String name, String node, String driver) {
    if (objects.get(Resources.CSI_DRIVERS, "", driver).isEmpty()) {
      create(
          Resources.CSI_DRIVERS,
          "{'metadata':{'name':'%s'},'spec':{'attachRequired':true}}".formatted(driver));
    }
    create(
        Resources.of(Kind.PERSISTENT_VOLUME_CLAIM),
        "{'metadata':{'namespace':'shop','name':'data-%s'},'spec':{'volumeName':'pv-%s','accessModes':['ReadWriteOncePod']},'status':{'phase':'Bound'}}"
            .formatted(name, name));
    create(
        Resources.of(Kind.PERSISTENT_VOLUME),
        "{'metadata':{'name':'pv-%s'},'spec':{'accessModes':['ReadWriteOncePod'],'claimRef':{'namespace':'shop','name':'data-%s'},'csi':{'driver':'%s','volumeHandle':'%s'}}}"
            .formatted(name, name, driver, name));
    create(
        Resources.of(Kind.STATEFUL_SET),
        "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'replicas':1,'serviceName':'%s','template':{'spec':{'containers':[{'name':'db'}]}}}}"
            .formatted(name, name));
    create(
        Resources.of(Kind.POD),
        "{'metadata':{'namespace':'shop','name':'%s-0','ownerReferences':[{'apiVersion':'apps/v1','kind':'StatefulSet','name':'%s','controller':true}]},'spec':{'nodeName':'%s','containers':[{'name':'db'}],'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-%s'}}]},'status':{'phase':'Running'}}"
            .formatted(name, name, node, name));
    create(
        Resources.VOLUME_ATTACHMENTS,
        "{'metadata':{'name':'csi-%s'},'spec':{'nodeName':'%s','attacher':'%s','source':{'persistentVolumeName':'pv-%s'}}}"
            .formatted(Hashes.sha256(name + driver + node), node, driver, name));
    ObjectNode json = node(node);
    json.withObject("/status")
        .withArray("volumesInUse")
        .add("kubernetes.io/csi/%s^%s".formatted(driver, name));
    objects.force(Resources.NODES, "", json);
  }

  private ObjectNode node(String name) {
    return objects.get(Resources.NODES, "", name).orElseThrow().deepCopy();
  }

  /** A node renews its Lease no more. */
  public void fallSilent(String name) {
    alive.remove(name);
  }

  /** Lets a node stop renewing its Lease, and the node controller report it. */
  public void die(String name) {
    fallSilent(name);
    ObjectNode json = node(name);
    ((ObjectNode) json.at("/status/conditions/0")).put("status", "Unknown");
    objects.force(Resources.NODES, "", json);
  }

  public boolean hasPod(String name) {
    return objects.get(Resources.of(Kind.POD), "shop", name).isPresent();
  }

  /** The names of the records of failovers. */
  public List<String> records() {
    return new FailoverStore(objects, () -> true)
        .list(Resources.CONFIG_MAPS, NAMESPACE, Map.of()).stream()
            .map(SmallCluster::name)
            .filter(name -> name.startsWith(FailoverRecords.nameOf("")))
            .toList();
  }

  /** Starts a process of the controller, instead of the one before. */
  public FailoverController start(Map<String, String> settings, Optional<Fence> fence) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("rwop-guard.failover.mode", "enforce");
    all.put("rwop-guard.failover.limits.suspect-percent", "50");
    EventSink events = (about, warning, reason, message, gist) -> said.add(message);
    contact = new ApiServerHealth(clocks.nanos(), Duration.ofSeconds(1));
    controller =
        FailoverAssembly.assemble(
            new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(RwopGuardConfig.class)
                .withSources(new PropertiesConfigSource(all, "test", 1000))
                .build()
                .getConfigMapping(RwopGuardConfig.class)
                .failover(),
            new Ports(
                new Api(),
                inventory,
                new View(),
                heartbeats,
                new NoAnswers(),
                new Reachability(),
                new Elected(),
                contact,
                now -> true,
                fence,
                "",
                events,
                METRICS,
                new FailoverReporter(
                    events,
                    METRICS,
                    new FailoverTraces(tracing, clocks),
                    About.lease(NAMESPACE, "rwop-guard-failover")),
                problems,
                clocks,
                Runnable::run,
                Runnable::run,
                NAMESPACE));
    return controller;
  }

  /** Pauses failover, as a person does. */
  public void pause(String why) {
    annotations.put(FailoverSwitch.PAUSED, why);
  }

  /** Removes the annotation again. */
  public void unpause() {
    annotations.clear();
  }

  public Clocks clocks() {
    return clocks;
  }

  /** Lets half a second pass, and then the controller evaluate the nodes once. */
  public boolean pass() {
    time = time.plusMillis(500);
    if (time.toSeconds() % 10 == 0) {
      renew();
    }
    if (contact.answered(clocks.nanos(), Duration.ofMillis(5))) {
      heartbeats.beginAnew(clocks.nanos());
    }
    return controller.look();
  }

  public void passFor(int seconds) {
    for (int i = 0; i < 2 * seconds; i++) {
      pass();
    }
  }

  /** Notes the controller's requests. */
  private final class Api extends ForwardingClusterApi {

    Api() {
      super(objects);
    }

    @Override
    protected void beforeWrite(
        String verb, ResourceDefinitionContext type, String name, JsonNode body) {
      writes.add("%s %s %s %s".formatted(verb, type.getPlural(), name, body));
    }

    @Override
    protected void afterRequest() {
      afterRequest.run();
    }
  }

  private final class View implements ClusterState {

    @Override
    public boolean hasSynced() {
      return true;
    }

    @Override
    public List<NodeFacts> nodes() {
      beforeNodes.run();
      return List.copyOf(nodes.values());
    }

    @Override
    public Optional<NodeFacts> node(String name) {
      return Optional.ofNullable(nodes.get(name));
    }

    @Override
    public Optional<PrimaryLease> lease(ClaimKey claim) {
      return objects
          .get(Resources.LEASES, claim.namespace(), PrimaryLease.nameOf(claim))
          .flatMap(PrimaryLease::read);
    }

    @Override
    public List<RequestedFailover> requests() {
      return requests;
    }
  }

  /** No endpoint has ever answered, so that the condition Ready is the second sign. */
  private final class NoAnswers implements Probes {

    @Override
    public void targets(Map<String, Set<Endpoint>> endpoints) {}

    @Override
    public Round round(String node, long since) {
      return round;
    }
  }

  private final class Elected implements Election {

    @Override
    public boolean isLeader() {
      return true;
    }

    @Override
    public boolean isCertain() {
      return true;
    }

    @Override
    public Map<String, String> annotations() {
      return annotations;
    }

    @Override
    public String holder() {
      return "replica";
    }

    @Override
    public long epoch() {
      return 1;
    }
  }
}
