"""How the properties are tried: as often as each says, on any machine, from a seed that is told."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is. What a fixture made for one test serves
# all examples of it: none of ours changes it.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=False,
    max_examples=100,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)  # before hypothesis reads its option, and before workers inherit it
def pytest_configure(config: pytest.Config) -> None:
    """Choose a seed for this run, one for all its workers, where the command line gave none."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().getrandbits(32))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell the seed, with which the same examples come again."""
    terminalreporter.line(f"properties: --hypothesis-seed={config.option.hypothesis_seed}")
