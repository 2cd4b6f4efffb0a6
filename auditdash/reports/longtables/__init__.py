"""Tables of thousands of rows, set line by line by us on pages that WeasyPrint lays out."""
