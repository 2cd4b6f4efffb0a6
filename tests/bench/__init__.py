"""The benchmark that anyone can run: tests/bench/run."""
