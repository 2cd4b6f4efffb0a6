"""A report's signature, and its check by whoever gets it. The only imports of pyHanko."""
