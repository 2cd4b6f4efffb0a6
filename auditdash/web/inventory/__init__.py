"""What there is now: tokens, schedules, groups, reports."""
