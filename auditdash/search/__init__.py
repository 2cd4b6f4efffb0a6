"""The query language: text to Query and back. Pure: no database, no clock of its own."""
