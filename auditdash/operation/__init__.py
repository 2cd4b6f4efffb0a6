"""How an installation is: what its operator asks, and what a monitor asks for the operator."""
