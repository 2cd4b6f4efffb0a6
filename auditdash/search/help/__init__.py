"""What helps to ask: a query as a sentence, hints, completion, why an event is not found. Pure."""
