"""What is wrong with an installation, and what to do: checks that change nothing."""
