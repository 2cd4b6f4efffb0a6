"""The fixtures of every test; each plugin says what its own are for."""

pytest_plugins = [
    "tests.parts",
    "tests.databases",
    "tests.browser",
    "tests.serving",
    "tests.people",
]
