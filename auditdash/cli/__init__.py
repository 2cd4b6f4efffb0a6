"""Every command of `auditdash`."""
