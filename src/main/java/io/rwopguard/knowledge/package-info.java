/**
 * Reads the data files of the program and requires a source for each statement. The package
 * contains no client and no clock. It knows neither drivers nor engines, which the packages with
 * the data files define.
 *
 * <p>Start at {@link KnowledgeFile}.
 */
package io.rwopguard.knowledge;
