package io.rwopguard.drivers;

/**
 * Holds one statement about a driver.
 *
 * @param since the driver's version from which on it holds; empty for every version
 * @param condition what has to be configured for it to hold; empty if nothing has to
 * @param consequence what follows if a user states the opposite; empty for the usual one
 * @param source where it was read
 */
public record Known<T>(
    T value, String since, String condition, String consequence, String source) {}
