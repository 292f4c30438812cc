/**
 * Limits what callers of the webhooks can take of the service: connections, arriving bodies, and
 * the memory of reviews. Anyone in the cluster can connect, so a limit never refuses the newest
 * caller: it ends what has been of the least use.
 *
 * <p>Start at {@link ConnectionLimit}, {@link IncomingBodies} and {@link ReviewCapacity}.
 */
package io.rwopguard.server.limits;
