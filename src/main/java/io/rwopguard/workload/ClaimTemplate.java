package io.rwopguard.workload;

/**
 * A claim template of a StatefulSet. The controller makes a claim for each Pod from it and mounts
 * it under the template's name.
 */
public record ClaimTemplate(String name, AccessModes accessModes) {}
