"""Records to rows and columns: what needs no database, so that several processes may do it."""
