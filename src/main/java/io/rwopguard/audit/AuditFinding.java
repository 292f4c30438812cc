package io.rwopguard.audit;

import io.rwopguard.rules.Finding;

/** What was found in an object of a cluster. */
record AuditFinding(AuditedObject object, Finding finding) {}
