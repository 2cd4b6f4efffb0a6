"""What reviews of access ask of the picture: what is frozen, whose it is, what was done."""
