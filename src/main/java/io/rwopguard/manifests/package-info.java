/**
 * Parses YAML and JSON files into objects like kubectl, with the place of each field. The package
 * contains no client and no clock, and opens no files. It may not evaluate the objects.
 *
 * <p>Start at {@link ManifestReader}.
 */
package io.rwopguard.manifests;
