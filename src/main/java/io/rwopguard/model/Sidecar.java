package io.rwopguard.model;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The sidecars of a CSI driver that have to support ReadWriteOncePod, with the first version that
 * does. The source is the Kubernetes blog of 2023-12-18, "Single Pod Access Mode for
 * PersistentVolumes Graduates to Stable".
 */
public enum Sidecar {
  PROVISIONER(3, 0),
  ATTACHER(3, 3),
  RESIZER(1, 3);

  /**
   * The pattern of image names. Mirrors add words before the name. With any other word, as in
   * hostpath-csi-provisioner, it is another program with its own versions. "external" without CSI
   * is part of other provisioners' names too.
   */
  private static final Pattern NAME =
      Pattern.compile(
          "(?:.*/)?(?:[^/]*(?:mirrored|sig-storage|k8scsi|kubernetes-csi|longhornio)[-_.])?"
              + "csi-(provisioner|attacher|resizer)(?:-(?:amd64|arm64|arm|ppc64le|s390x))?"
              + "|(?:.*/)?kubernetes-csi/external-(provisioner|attacher|resizer)"
              + "|(?:.*/)?(?:ose|origin)-csi-external-(provisioner|attacher|resizer)[^/]*");

  private static final Pattern VERSION = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:[^0-9].*)?");

  private final int major;
  private final int minor;

  Sidecar(int major, int minor) {
    this.major = major;
    this.minor = minor;
  }

  /**
   * The parts of an image's name.
   *
   * @param repository the name without tag and digest
   * @param tag empty if there is none, or if it is not the sidecar's version
   */
  public record Image(Sidecar sidecar, String repository, String tag) {

    /** Parses an image reference; empty if it is none of the sidecars. */
    public static Optional<Image> of(String reference) {
      String named = reference.replaceFirst("@.*", "");
      int slash = named.lastIndexOf('/');
      int colon = named.indexOf(':', slash + 1);
      String repository = colon < 0 ? named : named.substring(0, colon);
      Matcher name = NAME.matcher(repository);
      if (!name.matches()) {
        return Optional.empty();
      }
      // OpenShift's images have OpenShift's versions
      boolean isVersioned = name.group(3) == null;
      String what =
          IntStream.rangeClosed(1, name.groupCount())
              .mapToObj(name::group)
              .filter(Objects::nonNull)
              .findFirst()
              .orElseThrow();
      return Optional.of(
          new Image(
              valueOf(what.toUpperCase(Locale.ROOT)),
              repository,
              colon < 0 || !isVersioned ? "" : named.substring(colon + 1)));
    }

    /** Returns whether it is too old; empty if its tag is no version. */
    public Optional<Boolean> isTooOld() {
      Matcher version = VERSION.matcher(tag);
      if (!version.matches()) {
        return Optional.empty();
      }
      int itsMajor = Integer.parseInt(version.group(1));
      int itsMinor = Integer.parseInt(version.group(2));
      return Optional.of(
          itsMajor < sidecar.major || (itsMajor == sidecar.major && itsMinor < sidecar.minor));
    }
  }

  /** Returns the first version that supports ReadWriteOncePod. */
  public String first() {
    return "v%d.%d.0".formatted(major, minor);
  }

  @Override
  public String toString() {
    return "csi-" + name().toLowerCase(Locale.ROOT);
  }
}
