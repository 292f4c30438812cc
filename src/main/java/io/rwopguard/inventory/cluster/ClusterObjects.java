package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.MalformedObjectException;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectReader;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * What is read of the objects of a cluster, by the same reader that reads the objects of requests,
 * and where the API keeps them.
 */
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

  /** The kinds that have a number of Pods to be changed by others. */
  private static final Set<Kind> SCALABLE =
      EnumSet.of(Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.REPLICATION_CONTROLLER);

  private static final Logger LOG = Logger.getLogger(ClusterObjects.class);

  private ClusterObjects() {}

  /** Reads an object; empty if it cannot be read, which an API server's cannot be. */
  static Optional<ObjectFacts> facts(Kind kind, JsonNode object) {
    try {
      return Optional.of(
          ObjectReader.read(kind, metadata(object).path("namespace").asText(""), object));
    } catch (MalformedObjectException e) {
      LOG.warnf(
          "%s %s is left out: %s", kind, metadata(object).path("name").asText(""), e.getMessage());
      return Optional.empty();
    }
  }

  /** A Pod or workload, if anything will ever be asked about it. */
  static Optional<ClaimUser> claimUser(Kind kind, JsonNode object) {
    // most Pods of a cluster name no claim, and a look at their volumes is cheaper than reading
    // them
    if (kind == Kind.POD && !namesClaim(object)) {
      return Optional.empty();
    }
    return facts(kind, object)
        .filter(
            facts ->
                !facts.namedClaims().isEmpty()
                    || isScaledByItself(facts)
                    // its Pods have claims of their own, and an operator may keep it
                    || !facts.writtenClaims().isEmpty()
                    || kind == Kind.STATEFUL_SET)
        .map(ClaimUser::of)
        .map(user -> PodPlaceReader.placed(user, object));
  }

  /** Whether others may ask to scale it, and should not have to wait for a live read. */
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
