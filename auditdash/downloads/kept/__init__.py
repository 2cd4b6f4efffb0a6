"""Downloads that a worker makes: kept for some days, with a manifest."""
