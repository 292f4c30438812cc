package io.rwopguard.audit;

import io.rwopguard.rules.Finding;

/** A finding in an object of a cluster. */
public record AuditFinding(AuditedObject object, Finding finding) {}
