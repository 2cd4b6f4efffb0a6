"""Access reviews on screen: begun, decided line by line, closed, and whether it was done."""
