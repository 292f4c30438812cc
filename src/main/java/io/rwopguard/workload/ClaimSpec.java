package io.rwopguard.workload;

import java.util.Optional;

/**
 * What a claim asks for, or a template that claims are made from.
 *
 * @param path where it is written
 * @param storageClass empty if the cluster's default is taken; an empty string to take none at all
 * @param volumeName the volume that it is bound to or asks for; empty if there is none yet
 */
public record ClaimSpec(
    FieldPath path, AccessModes accessModes, Optional<String> storageClass, String volumeName) {}
