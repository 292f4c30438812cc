/**
 * Edits pod templates with ReadWriteOncePod volumes, so that a failed Pod ends and restarts soon.
 * The package contains the mutations, the JSON Patch they produce, and the trace by which later
 * updates revert them. A mutation reads only the object and the inventory: no client, no clock. It
 * may not evaluate rules.
 *
 * <p>Start at {@link MutationSet}.
 */
package io.rwopguard.mutations;
