"""The files of an index: dictionaries that grow, segments that never change."""
