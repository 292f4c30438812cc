package io.rwopguard.testing.manifests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Manifests for an audit to look at. */
public final class AuditedObjects {

  private static final Path FOLDER = Path.of("src/test/resources/audit");

  private AuditedObjects() {}

  /** A namespace of this name with all that an audit finds, and volumes and a driver beside it. */
  public static String bad(String namespace) throws IOException {
    return Files.readString(FOLDER.resolve("bad.yaml")).replace("audit-bad", namespace);
  }

  /** The namespace audit-good, in which it finds nothing. */
  public static String good() throws IOException {
    return Files.readString(FOLDER.resolve("good.yaml"));
  }

  /** The CRDs of a kind of policy report. */
  public static String crds(String group) throws IOException {
    return Files.readString(FOLDER.resolve("crds").resolve(group + ".yaml"));
  }
}
