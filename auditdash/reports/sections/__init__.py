"""The sections of a report: each gathered as plain values from one snapshot."""
