package io.rwopguard.failover;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Election;
import io.rwopguard.kube.EventSink;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongPredicate;

/**
 * The connections of failover to everything outside it. A test replaces only these.
 *
 * @param api the API server
 * @param inventory the Pods and claims, as the watches know them
 * @param view the nodes and Leases, as the watches know them; feeds the heartbeats
 * @param heartbeats the renewals of the nodes' Leases
 * @param prober feeds the reachability
 * @param reachability which endpoints answered, and when
 * @param leadership the election; feeds the contact
 * @param contact how well the API server answers
 * @param watches whether a list from the API server confirms at this time what the watches report
 *     of the nodes
 * @param node the node that this replica runs on, or empty
 * @param leases run the writes of fencing tokens and of the claims' Leases: more than one thread,
 *     or the caller's
 * @param workers run the failovers
 * @param namespace the controller's own
 */
record Ports(
    ClusterApi api,
    Inventory inventory,
    ClusterState view,
    Heartbeats heartbeats,
    Probes prober,
    Reachability reachability,
    Election leadership,
    ApiServerHealth contact,
    LongPredicate watches,
    Optional<? extends Fence> fence,
    String node,
    EventSink events,
    FailoverMetrics metrics,
    FailoverReporter speaker,
    ConditionLog problems,
    Clocks clocks,
    Executor leases,
    Executor workers,
    String namespace) {}
