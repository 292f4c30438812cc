/**
 * Generates the tables and diagrams of the documents from the code.
 *
 * <p>The tests of {@code io.rwopguard.docs} compare them with the documents.
 */
package io.rwopguard.docs.tables;
