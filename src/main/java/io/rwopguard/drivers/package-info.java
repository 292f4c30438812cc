/**
 * Provides what is known about storage drivers, from a data file in which every statement has a
 * source. The package contains no client and no clock. It may not decide what follows from a
 * statement.
 *
 * <p>Start at {@link Drivers}.
 */
package io.rwopguard.drivers;
