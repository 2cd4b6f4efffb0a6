"""Feeds that are pulled: their connections and secrets, and the windows fetched from them."""
