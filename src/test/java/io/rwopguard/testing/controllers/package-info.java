/**
 * Runs the controllers of Kubernetes beside a real API server, and simulates its nodes.
 *
 * <p>Start at {@link ControlledCluster} for controllers, or at {@link SimulatedNodes} for
 * failovers.
 */
package io.rwopguard.testing.controllers;
