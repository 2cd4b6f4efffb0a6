"""Reports → Schedules, Destinations, and what became of each report that was sent."""
