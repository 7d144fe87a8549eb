"""Hot loops over arrays, compiled by numba; each has a slow twin in `reference`.

numba keeps a function's machine code until its own file changes, even where another file holds a function that it
calls. After an update old and new code would mix without a word, so the code is kept apart by all kernels' sources.
"""

import hashlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numba


def name_cache(sources: Iterable[bytes]) -> str:
    """A folder name that changes with any of the sources."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(hashlib.sha256(source).digest())
    return f"numba-{digest.hexdigest()[:12]}"


def _sources() -> Iterable[bytes]:
    names = [(__name__, module.name) for module in pkgutil.iter_modules(__path__)]
    for package, module in [
        *sorted(names),
        ("integrasite.model", "fates"),
    ]:  # fates are constants in the code
        yield pkgutil.get_data(package, f"{module}.py") or b""


_config: Any = numba.config
_config.CACHE_DIR = str(
    Path(_config.CACHE_DIR or Path(__file__).parent / "__pycache__") / name_cache(_sources())
)
