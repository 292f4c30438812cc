package io.rwopguard.cli;

import picocli.CommandLine.IVersionProvider;

/** Provides the version of the program. */
final class VersionProvider implements IVersionProvider {

  /** Returns the version that the build has written; {@code unknown} without a build. */
  static String of() {
    String version = VersionProvider.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"rwop-guard " + of()};
  }
}
