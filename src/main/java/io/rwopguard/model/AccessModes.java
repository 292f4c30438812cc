package io.rwopguard.model;

import java.util.List;

/**
 * The access modes that one volume, claim or claim template requests.
 *
 * @param field the field that contains them
 * @param modes in the author's order; empty if there are none
 */
public record AccessModes(FieldPath field, List<String> modes) {

  public static final String READ_WRITE_ONCE_POD = "ReadWriteOncePod";

  public AccessModes {
    modes = List.copyOf(modes);
  }

  /** Returns whether ReadWriteOncePod is among them, enforced or not. */
  public boolean nameReadWriteOncePod() {
    return modes.contains(READ_WRITE_ONCE_POD);
  }

  /** Returns whether ReadWriteOncePod is the only one. Only then does the kubelet enforce it. */
  public boolean areReadWriteOncePodAlone() {
    return areReadWriteOncePodAlone(modes);
  }

  /**
   * Returns whether ReadWriteOncePod is the only one of these. Only then does the kubelet enforce
   * it.
   */
  public static boolean areReadWriteOncePodAlone(List<String> modes) {
    return modes.size() == 1 && modes.get(0).equals(READ_WRITE_ONCE_POD);
  }
}
