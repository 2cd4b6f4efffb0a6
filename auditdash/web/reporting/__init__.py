"""The form that orders a report."""
