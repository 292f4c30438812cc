package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ObjectFacts;
import java.util.List;

/**
 * A check for one kind of problem. Rules are pure: the same object and inventory give the same
 * findings.
 */
public interface Rule extends RuleDocumentation {

  /** Returns the problems of this object; none for kinds that the rule does not cover. */
  List<Finding> check(ObjectFacts object, Inventory inventory);

  /** Returns the problems of this object where it replaces another. */
  default List<Finding> checkChange(ObjectFacts object, ObjectFacts before, Inventory inventory) {
    return check(object, inventory);
  }
}
