"""How the log tells what each permission change changed: who is who, and what came before."""
