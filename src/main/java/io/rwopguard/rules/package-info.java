/**
 * Evaluates objects for mistakes with ReadWriteOncePod and other shared claims. The package
 * contains the rules, and decides on the severity of their findings. A rule reads only the object
 * and the inventory: no client, no clock. It may not change the object.
 *
 * <p>Start at {@link RuleSet}.
 */
package io.rwopguard.rules;
