"""The fixtures of every test; each plugin says what its own are for."""

pytest_plugins = [
    "tests.parts",
    "tests.compiled",
    "tests.hashing",
    "tests.properties",
    "tests.databases",
    "tests.browser",
    "tests.processes",
    "tests.serving",
    "tests.people",
    "tests.receivers",
]
