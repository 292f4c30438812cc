/**
 * Contains the commands of the program: their options, their output and their exit codes. A command
 * calls the package that does its work, and creates the client for it. No other package may depend
 * on this one.
 *
 * <p>Start at {@link Main}.
 */
package io.rwopguard.cli;
