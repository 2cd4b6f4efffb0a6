"""Who changed whose access: the changes, who grants to whom, roles, how long access lasted."""
