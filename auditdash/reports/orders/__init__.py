"""What can be asked of a report: its kinds, its parameters, and the periods that a form offers."""
