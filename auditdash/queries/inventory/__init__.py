"""What there is now, told from the events that began and ended it: recipients, tokens, members."""
