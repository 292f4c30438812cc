/**
 * Provides what is known about engines such as databases, from a data file in which every statement
 * has a source. The package recognizes the engine of a container. It contains no client and no
 * clock, and may not decide on any edit.
 *
 * <p>Start at {@link Profiles}.
 */
package io.rwopguard.profiles;
