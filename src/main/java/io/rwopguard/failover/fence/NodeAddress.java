package io.rwopguard.failover.fence;

import java.util.Collections;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;

/**
 * An address of a node that a fence has to block.
 *
 * @param source the source of the address; addresses of one source say nothing about another
 * @param cidr the address as a block; empty if the node may have one that is not known
 */
public record NodeAddress(String source, String cidr) implements Comparable<NodeAddress> {

  private static final Comparator<NodeAddress> ORDER =
      Comparator.comparing(NodeAddress::source).thenComparing(NodeAddress::cidr);

  @Override
  public int compareTo(NodeAddress other) {
    return ORDER.compare(this, other);
  }

  boolean isUnknown() {
    return cidr.isEmpty();
  }

  /** Returns the addresses of both sets, in a constant order. */
  static Set<NodeAddress> union(Set<NodeAddress> some, Set<NodeAddress> others) {
    Set<NodeAddress> all = new TreeSet<>(some);
    all.addAll(others);
    return Collections.unmodifiableSet(all);
  }
}
