/**
 * Checks manifests with the rules, and shows the changes of the mutations. The package finds and
 * renders the sources, and writes the reports. It contains no client and only reads the user's
 * files. A cluster's state comes from the inventory that its caller provides.
 *
 * <p>Start at {@link LintRun}.
 */
package io.rwopguard.lint;
