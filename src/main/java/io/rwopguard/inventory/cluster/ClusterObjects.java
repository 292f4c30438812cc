package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.Kind;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** Reads the objects of a cluster with the same reader as the objects of requests. */
final class ClusterObjects {

  /** The kinds whose objects may name claims. A PodTemplate runs nothing. */
  static final Set<Kind> CLAIM_USERS =
      EnumSet.of(
          Kind.POD,
          Kind.DEPLOYMENT,
          Kind.REPLICA_SET,
          Kind.STATEFUL_SET,
          Kind.DAEMON_SET,
          Kind.REPLICATION_CONTROLLER,
          Kind.JOB,
          Kind.CRON_JOB);

  /** The kinds whose number of Pods other clients change. */
  private static final Set<Kind> SCALABLE =
      EnumSet.of(Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.REPLICATION_CONTROLLER);

  private static final Logger LOG = Logger.getLogger(ClusterObjects.class);

  private ClusterObjects() {}

  /** Reads an object; empty if it is malformed, which an object of an API server never is. */
  static Optional<ObjectFacts> facts(Kind kind, JsonNode object) {
    try {
      return Optional.of(
          ObjectReader.read(kind, metadata(object).path("namespace").asText(""), object));
    } catch (MalformedObjectException e) {
      LOG.warnf(
          "%s %s is skipped: %s", kind, metadata(object).path("name").asText(""), e.getMessage());
      return Optional.empty();
    }
  }

  /** Returns a Pod or workload, if any request may ever need it. */
  static Optional<ClaimConsumer> claimUser(Kind kind, JsonNode object) {
    // most Pods of a cluster name no claim, and a check of their volumes is cheaper than reading
    // them
    if (kind == Kind.POD && !namesClaim(object)) {
      return Optional.empty();
    }
    return facts(kind, object)
        .filter(
            facts ->
                !facts.namedClaims().isEmpty()
                    || isScaledByItself(facts)
                    // it creates a claim for each of its Pods, and an operator may manage it
                    || !facts.writtenClaims().isEmpty()
                    || kind == Kind.STATEFUL_SET)
        .map(ClaimConsumer::of)
        .map(user -> PodStatusReader.placed(user, object));
  }

  /** Returns whether other clients may scale it, which should not have to wait for a live read. */
  private static boolean isScaledByItself(ObjectFacts object) {
    return SCALABLE.contains(object.kind()) && !object.hasController();
  }

  private static boolean namesClaim(JsonNode pod) {
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (volume.has("persistentVolumeClaim")) {
        return true;
      }
    }
    return false;
  }

  static Optional<Claim> claim(JsonNode object) {
    return facts(Kind.PERSISTENT_VOLUME_CLAIM, object).map(Claim::of);
  }

  static Optional<Volume> volume(JsonNode object) {
    return facts(Kind.PERSISTENT_VOLUME, object).map(Volume::of);
  }

  static Optional<StorageClass> storageClass(JsonNode object) {
    return Optional.of(StorageClass.of(object));
  }

  static Optional<CsiDriver> csiDriver(JsonNode object) {
    return Optional.of(CsiDriver.of(object));
  }

  static Optional<Namespace> namespace(JsonNode object) {
    return Optional.of(Namespace.of(object));
  }

  private static JsonNode metadata(JsonNode object) {
    return object.path("metadata");
  }
}
