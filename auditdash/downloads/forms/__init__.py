"""An event in the forms of others: CloudEvents, OCSF, ECS. What maps to what is data (*.toml)."""
