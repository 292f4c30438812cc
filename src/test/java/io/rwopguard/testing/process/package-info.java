/**
 * Starts the packaged program and other programs, and measures their processes.
 *
 * <p>Start at {@link ServiceProcess} for the service, or at {@link CommandLineResult} for a
 * command.
 */
package io.rwopguard.testing.process;
