"""Access reviews: begun, decided, handed over, closed; each act with the event that tells it."""
