"""The questions of the pages, asked by programs."""
