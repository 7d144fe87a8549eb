"""Turn what pydantic finds wrong into words: the value, what is allowed, and the nearest right name."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

SEQUENCE_HINT = "only the bases A, C, G and T"
FILL_IN = "FILL-IN"
"""Stands in files we make where only the user knows the value; no check lets it pass."""

LINKER_HINT = "only the bases A, C, G, T, and N for the UMI"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known name (capitals do not count), or nothing; begins with a space."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.5)
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""


def listed(names: Iterable[str]) -> str:
    """Names joined for a message, `none` where there are none."""
    return ", ".join(str(name) for name in names) or "none"


def explain(error: Mapping[str, Any]) -> str:
    """One pydantic error as "'value' is wrong (what is allowed)"; the caller says where it stands."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    shown = f"'{value}'" if isinstance(value, str) else repr(value)
    if value == FILL_IN:
        return "is still to be filled in"
    if kind == "missing":
        return "is missing (it is required)"
    if kind == "literal_error":
        return _explain_choice(str(value), context["expected"])
    if kind == "string_type":
        return (
            f'{shown} is not text; put it in quotes ("{value}")'
            if not isinstance(value, dict | list)
            else "expected text"
        )
    if kind in ("value_error", "assertion_error"):
        return f"{shown}: {context.get('error', error['msg'])}"
    return f"{shown} {_EXPLAINED.get(kind, _fallback)(error, context)}"


def _explain_choice(value: str, expected: str) -> str:
    choices = expected.replace("'", "").replace(" or ", ", ").split(", ")
    return f"'{value}' is not allowed (allowed: {listed(choices)}).{did_you_mean(value, choices)}"


def _fallback(error: Mapping[str, Any], _context: Mapping[str, Any]) -> str:
    return f"is not allowed: {error['msg']}"


def _explain_pattern(_error: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    pattern = str(context.get("pattern", ""))
    if "ACGTN" in pattern:
        return f"is not a linker: {LINKER_HINT}"
    if "ACGT" in pattern:
        return f"is not a sequence: {SEQUENCE_HINT}"
    return f"does not have the form {pattern}"


def _whole_number(*_: Any) -> str:
    return "is not a whole number; leave it empty where it is unknown"


def _number(error: Mapping[str, Any], _context: Mapping[str, Any]) -> str:
    comma = " The decimal mark is '.', not ','." if "," in str(error["input"]) else ""
    return f"is not a number; leave it empty where it is unknown.{comma}"


_EXPLAINED: dict[str, Any] = {
    "string_pattern_mismatch": _explain_pattern,
    "int_parsing": _whole_number,
    "int_from_float": _whole_number,
    "int_type": _whole_number,
    "float_parsing": _number,
    "float_type": _number,
    "finite_number": _number,
    "greater_than_equal": lambda _e, c: f"is too small (at least {c['ge']})",
    "greater_than": lambda _e, c: f"is too small (it must be more than {c['gt']})",
    "less_than_equal": lambda _e, c: f"is too large (at most {c['le']})",
    "less_than": lambda _e, c: f"is too large (it must be less than {c['lt']})",
    "string_too_short": lambda _e, c: f"is too short (at least {c['min_length']} characters)",
    "string_too_long": lambda _e, c: f"is too long (at most {c['max_length']} characters)",
    "too_short": lambda _e, _c: "is empty (at least one entry is needed)",
    "model_type": lambda _e, _c: "is not a group of `key: value` lines",
    "dict_type": lambda _e, _c: "is not a group of `key: value` lines",
    "tuple_type": lambda _e, _c: "is not a list (lines that begin with `- `)",
    "date_from_datetime_parsing": lambda _e, _c: "is not a date (YYYY-MM-DD)",
    "date_type": lambda _e, _c: "is not a date (YYYY-MM-DD)",
    "date_parsing": lambda _e, _c: "is not a date (YYYY-MM-DD)",
}
