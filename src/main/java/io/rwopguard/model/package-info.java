/**
 * Reads Kubernetes objects from their raw JSON into the facts that the other packages need. Only
 * this package knows where each kind has its fields. It contains no client and no clock, and may
 * not depend on any other package of the program.
 *
 * <p>Start at {@link ObjectReader}.
 */
package io.rwopguard.model;
