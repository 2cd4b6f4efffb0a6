"""Tables that readers take away: the menu of forms, and the files."""
