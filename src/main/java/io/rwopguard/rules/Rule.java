package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.ObjectFacts;
import java.util.List;

/**
 * One thing to look for in an object. Rules are pure: the same object and inventory give the same
 * findings.
 */
public interface Rule extends Explained {

  /** What is wrong with this object; nothing for kinds that the rule is not about. */
  List<Finding> check(ObjectFacts object, Inventory inventory);

  /** What is wrong with this object where it replaces another. */
  default List<Finding> checkChange(ObjectFacts object, ObjectFacts before, Inventory inventory) {
    return check(object, inventory);
  }
}
