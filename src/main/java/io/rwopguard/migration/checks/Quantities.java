package io.rwopguard.migration.checks;

import io.fabric8.kubernetes.api.model.Quantity;

/** Compares amounts as Kubernetes writes them: {@code 10Gi}, {@code 3}. */
final class Quantities {

  private Quantities() {}

  /** Returns whether the first amount is more than the second. */
  static boolean isMore(String one, String other) {
    return Quantity.getAmountInBytes(new Quantity(one))
            .compareTo(Quantity.getAmountInBytes(new Quantity(other)))
        > 0;
  }
}
