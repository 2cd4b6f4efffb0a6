"""The forms that a table can take: each is written from the same columns."""
