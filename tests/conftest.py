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
