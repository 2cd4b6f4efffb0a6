"""auditdash as the benchmark runs it: its command, its server, its queries."""
