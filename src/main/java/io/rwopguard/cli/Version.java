package io.rwopguard.cli;

import picocli.CommandLine.IVersionProvider;

/** Which version this is. */
final class Version implements IVersionProvider {

  /** As the build has written it; {@code unknown} where it was not built. */
  static String of() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"rwop-guard " + of()};
  }
}
