"""Who had access to what, as of any moment: derived from the events, and from baselines."""
