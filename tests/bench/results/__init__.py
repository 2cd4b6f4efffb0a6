"""What comes out: figures, the table, the document."""
