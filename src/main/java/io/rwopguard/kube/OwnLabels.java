package io.rwopguard.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.KubeObject;

/** Labels the objects that rwop-guard keeps in a cluster, and recognizes them. */
public final class OwnLabels {

  /** The label that names the program that an object belongs to. */
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** The value of {@link #MANAGED_BY} on the objects of rwop-guard. */
  public static final String RWOP_GUARD = "rwop-guard";

  /** The label that names what an object records. */
  public static final String RECORD = "rwop-guard.io/record";

  private static final String EXCLUDED = "velero.io/exclude-from-backup";

  private OwnLabels() {}

  /** Labels an object of rwop-guard with what it records. */
  public static ObjectNode put(ObjectNode metadata, String record) {
    return metadata.withObject("/labels").put(MANAGED_BY, RWOP_GUARD).put(RECORD, record);
  }

  /** Labels a ConfigMap of rwop-guard with what it records, and excludes it from backups. */
  public static void putRecord(ObjectNode metadata, String record) {
    // a restored backup would bring an old state back
    put(metadata, record).put(EXCLUDED, "true");
  }

  /** Returns what an object records; empty if it has no such label. */
  public static String recordOf(JsonNode object) {
    return labels(object).path(RECORD).asText();
  }

  /** Returns whether an object belongs to rwop-guard and records this. */
  public static boolean has(JsonNode object, String record) {
    return labels(object).path(MANAGED_BY).asText().equals(RWOP_GUARD)
        && recordOf(object).equals(record);
  }

  private static JsonNode labels(JsonNode object) {
    return KubeObject.of(object).labels();
  }
}
