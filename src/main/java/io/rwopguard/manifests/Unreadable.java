package io.rwopguard.manifests;

/** A part of a file that is no manifest, and the reason. */
public record Unreadable(String source, Place place, String problem) {}
