"""Events of a report that somebody must explain: which they are is data, rules.toml."""
