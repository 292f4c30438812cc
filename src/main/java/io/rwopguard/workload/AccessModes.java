package io.rwopguard.workload;

import java.util.List;

/**
 * The access modes that one volume, claim or claim template asks for.
 *
 * @param field where they are written
 * @param modes in the author's order; empty if none are written
 */
public record AccessModes(FieldPath field, List<String> modes) {

  public static final String READ_WRITE_ONCE_POD = "ReadWriteOncePod";

  public AccessModes {
    modes = List.copyOf(modes);
  }

  /** Whether ReadWriteOncePod is among them, enforced or not. */
  public boolean nameReadWriteOncePod() {
    return modes.contains(READ_WRITE_ONCE_POD);
  }

  /** Whether ReadWriteOncePod is the only one, which is when the kubelet enforces it. */
  public boolean areReadWriteOncePodAlone() {
    return areReadWriteOncePodAlone(modes);
  }

  /** Whether ReadWriteOncePod is the only one of these, which is when the kubelet enforces it. */
  public static boolean areReadWriteOncePodAlone(List<String> modes) {
    return modes.size() == 1 && modes.get(0).equals(READ_WRITE_ONCE_POD);
  }
}
