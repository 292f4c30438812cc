/**
 * What the fuzz targets share. Each target is a class whose name ends with Fuzz, in the package
 * that it tests. Its method {@code fuzzerTestOneInput} throws an AssertionError if an input breaks
 * the property that its Javadoc states.
 */
package io.rwopguard.fuzz;
