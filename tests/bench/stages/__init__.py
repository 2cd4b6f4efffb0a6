"""The measurements, one module for each group of lines in the table."""
