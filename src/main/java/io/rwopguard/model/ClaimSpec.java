package io.rwopguard.model;

import java.util.Optional;

/**
 * The spec of a claim or of a claim template.
 *
 * @param path its place in the object
 * @param storageClass empty to use the cluster's default; an empty string to use no class
 * @param volumeName the volume that it is bound to or requests; empty if there is none yet
 */
public record ClaimSpec(
    FieldPath path, AccessModes accessModes, Optional<String> storageClass, String volumeName) {}
