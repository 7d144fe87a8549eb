"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

# The machines that run the tests are shared and small, and a failure must come again when one looks for it.
settings.register_profile("integrasite", deadline=None, derandomize=True)
settings.load_profile("integrasite")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name of a parameter's value in a test's name: none made of bytes.

    The workers of one run collect by themselves and must agree on every name, and packed bytes may hold the second at which they
    were packed.
    """
    return argname if isinstance(val, bytes) else None
