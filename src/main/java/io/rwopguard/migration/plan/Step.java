package io.rwopguard.migration.plan;

/** The steps of a migration, in their order. */
public enum Step {
  RECORD("record the migration and its run on volume %s"),
  MARK_CLAIM("label claim %s, so that requests of an earlier run no longer apply to it"),
  MARK_WORKLOAD("label %s, so that requests of an earlier run no longer apply to it"),
  RETAIN("set the reclaim policy of volume %s to Retain"),
  SNAPSHOT("create a snapshot of claim %s"),
  SCALE_DOWN("scale %s to 0"),
  KEEP_CLAIM("copy claim %s to an annotation of its volume"),
  DELETE_CLAIM("delete claim %s"),
  RELEASE("set the access modes of volume %s, and reserve it for a claim of the same name"),
  CREATE_CLAIM("recreate claim %s, bound to the same volume"),
  KEEP_SET("copy the StatefulSet as it is now to an annotation of volume %s"),
  DELETE_SET("delete %s but not its Pods, because its claim template is immutable"),
  CREATE_SET("recreate %s at 0 replicas, with the new access modes in its claim template"),
  NOTE_SET("record on volume %s that the StatefulSet is recreated"),
  SCALE_UP("scale %s to its former number of replicas"),
  UNMARK_CLAIM("remove the label from claim %s"),
  UNMARK_WORKLOAD("remove the label from %s"),
  RETURN_CLAIM("return the fields of claim %s to their former managers"),
  RETURN_WORKLOAD("return the fields of %s to their former managers"),
  FINISH("restore the reclaim policy of volume %s, and remove the record of the migration"),
  WITHDRAW("remove the record of the migration from volume %s, because nothing is changed yet"),
  WAIT("wait until %s"),
  DONE("nothing is left to do");

  private final String text;

  Step(String text) {
    this.text = text;
  }

  /** Returns the step in words, about an object. */
  public String text(Object about) {
    return text.formatted(about);
  }
}
