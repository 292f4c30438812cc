package io.rwopguard.drivers;

/**
 * One statement about a driver.
 *
 * @param since the driver's version from which the statement is true; empty for every version
 * @param condition the configuration that it requires; empty if none
 * @param consequence the consequence if a user states the opposite; empty for the usual one
 * @param source the place where it is documented
 */
public record DriverStatement<T>(
    T value, String since, String condition, String consequence, String source) {}
