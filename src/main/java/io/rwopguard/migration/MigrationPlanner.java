package io.rwopguard.migration;

import java.util.List;
import java.util.Optional;

/**
 * Says what is to be done next when claims are made anew with other access modes, by what is seen
 * of the cluster just now. So a move that was broken off goes on when it is asked for again, and
 * one that goes back is the same with other modes.
 */
final class MigrationPlanner {

  private MigrationPlanner() {}

  /** The steps, in their order. */
  enum Step {
    RECORD("write down on volume %s what has to be remembered"),
    RETAIN("set the reclaim policy of volume %s to Retain"),
    SCALE_DOWN("scale %s to 0"),
    DELETE_CLAIM("delete claim %s"),
    RELEASE("give volume %s its access modes, and free it for a claim of the same name"),
    CREATE_CLAIM("recreate claim %s, bound to the same volume"),
    RESTORE_POLICY("set the reclaim policy of volume %s to what it was"),
    DELETE_SET("delete %s and leave its Pods, since its claim template cannot be changed"),
    CREATE_SET("recreate %s, with the claim template's access modes and its replicas"),
    SCALE_UP("scale %s to what it was"),
    FORGET("take what was remembered from volume %s"),
    WAIT("wait until %s"),
    DONE("nothing is left to do");

    private final String text;

    Step(String text) {
      this.text = text;
    }

    String text(Object about) {
      return text.formatted(about);
    }
  }

  /**
   * The next step.
   *
   * @param member the index of the claim it is about; -1 for the workload
   * @param why what is waited for
   */
  record Next(Step step, int member, String why) {

    private static Next of(Step step, int member) {
      return new Next(step, member, "");
    }

    private static Next waiting(String why) {
      return new Next(Step.WAIT, -1, why);
    }
  }

  /**
   * A claim and its volume.
   *
   * @param remembered whether the volume remembers the move
   * @param recorded whether it does so in the direction that is asked for
   * @param retained whether the volume's reclaim policy is Retain
   * @param policyRestored whether it is what it was
   * @param volumeModes the volume's access modes
   * @param volumeClaimUid the UID of the claim in the volume's claimRef; empty for none
   * @param claimUid empty if there is no claim
   * @param claimModes the claim's access modes
   * @param claimGoing whether the claim is being deleted
   * @param bound whether both say that they are bound
   */
  record Member(
      MigrationRecord record,
      boolean remembered,
      boolean recorded,
      boolean retained,
      boolean policyRestored,
      List<String> volumeModes,
      String volumeClaimUid,
      String claimUid,
      List<String> claimModes,
      boolean claimGoing,
      boolean bound) {

    private boolean hasClaim() {
      return !claimUid.isEmpty();
    }

    /** Whether claim and volume are as they are to be, and each other's. */
    private boolean isThere() {
      return hasClaim()
          && !claimGoing
          && claimModes.equals(record.to())
          && volumeModes.equals(record.to())
          && bound
          && volumeClaimUid.equals(claimUid);
    }
  }

  /**
   * The workload that uses the claims.
   *
   * @param there whether it is there
   * @param going whether it is being deleted
   * @param replicas that it is to have
   * @param pods that use one of the claims now
   * @param attached whether one of the volumes is still attached somewhere
   * @param templateFits whether its claim template has the access modes that claims are to have, or
   *     it has none
   */
  record Workload(
      boolean there,
      boolean going,
      int replicas,
      List<String> pods,
      boolean attached,
      boolean templateFits) {}

  /** The next step. */
  static Next next(List<Member> members, Optional<Workload> workload) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).remembered() && !members.get(i).recorded()) {
        // which way it goes has to be known to whoever goes on with it
        return Next.of(Step.RECORD, i);
      }
    }
    if (!members.stream().allMatch(Member::isThere)) {
      return prepare(members, workload).orElseGet(() -> move(members));
    }
    return finish(members, workload);
  }

  /** Nothing is deleted before all volumes stay whatever happens, and nobody uses them. */
  private static Optional<Next> prepare(List<Member> members, Optional<Workload> workload) {
    for (int i = 0; i < members.size(); i++) {
      if (!members.get(i).recorded()) {
        return Optional.of(Next.of(Step.RECORD, i));
      }
    }
    for (int i = 0; i < members.size(); i++) {
      if (!members.get(i).retained()) {
        return Optional.of(Next.of(Step.RETAIN, i));
      }
    }
    if (workload.isPresent() && workload.get().there() && workload.get().replicas() > 0) {
      return Optional.of(Next.of(Step.SCALE_DOWN, -1));
    }
    List<String> pods = workload.map(Workload::pods).orElse(List.of());
    if (!pods.isEmpty()) {
      return Optional.of(Next.waiting("Pod %s has ended".formatted(String.join(", ", pods))));
    }
    return workload.map(Workload::attached).orElse(false)
        ? Optional.of(Next.waiting("the volume is attached to no node any more"))
        : Optional.empty();
  }

  private static Next move(List<Member> members) {
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      List<String> to = member.record().to();
      if (member.isThere()) {
        continue;
      }
      if (member.claimGoing()) {
        return Next.waiting("claim %s is gone".formatted(member.record().claim()));
      }
      if (member.hasClaim() && !member.claimModes().equals(to)) {
        return Next.of(Step.DELETE_CLAIM, i);
      }
      boolean another =
          !member.volumeClaimUid().isEmpty() && !member.volumeClaimUid().equals(member.claimUid());
      if (!member.volumeModes().equals(to) || another) {
        return Next.of(Step.RELEASE, i);
      }
      return member.hasClaim()
          ? Next.waiting("claim %s is bound".formatted(member.record().claim()))
          : Next.of(Step.CREATE_CLAIM, i);
    }
    return Next.of(Step.DONE, -1);
  }

  private static Next finish(List<Member> members, Optional<Workload> workload) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).remembered() && !members.get(i).policyRestored()) {
        return Next.of(Step.RESTORE_POLICY, i);
      }
    }
    if (members.stream().noneMatch(Member::remembered)) {
      return Next.of(Step.DONE, -1);
    }
    Optional<Next> ofWorkload = workload.flatMap(user -> finish(user, members.get(0).record()));
    if (ofWorkload.isPresent()) {
      return ofWorkload.get();
    }
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).remembered()) {
        return Next.of(Step.FORGET, i);
      }
    }
    return Next.of(Step.DONE, -1);
  }

  private static Optional<Next> finish(Workload user, MigrationRecord record) {
    if (user.going()) {
      return Optional.of(Next.waiting("%s is gone".formatted(record.workload().orElseThrow())));
    }
    if (user.there() && !user.templateFits()) {
      return Optional.of(Next.of(Step.DELETE_SET, -1));
    }
    if (!user.there()) {
      // what is no set, and has been deleted by somebody, is not ours to make anew
      return record.set().map(set -> Next.of(Step.CREATE_SET, -1));
    }
    return user.replicas() == 0 && record.replicas() > 0
        ? Optional.of(Next.of(Step.SCALE_UP, -1))
        : Optional.empty();
  }
}
