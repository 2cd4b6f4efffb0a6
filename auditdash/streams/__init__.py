"""Events on their way to other programs as they come: where to, in which form, and how far."""
