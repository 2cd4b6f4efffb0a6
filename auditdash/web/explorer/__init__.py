"""The timeline and what a question to it leads to: all of it follows from the text of a query."""
