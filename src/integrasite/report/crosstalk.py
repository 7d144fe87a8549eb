"""How often barcodes and linkers changed their library, in words."""

from integrasite.report.facts import records
from integrasite.report.view import View
from integrasite.report.words import count, estimate, is_missing

KINDS = {"hop": "index hopping", "recombination": "recombination of linkers"}


def crosstalk_words(view: View) -> list[str]:
    """One sentence per source, all of which the page's libraries share with others."""
    rows = records(view.tables.crosstalk)
    return [f"Reads between libraries{_where(row, len(rows))}: {_rates(row)}." for row in rows]


def _where(row: dict[str, object], n_rows: int) -> str:
    return f" (files of {row['source']})" if n_rows > 1 else ""


def _rates(row: dict[str, object]) -> str:
    parts = [
        f"{words} {estimate(row[f'{kind}_rate'], row[f'{kind}_low'], row[f'{kind}_high'])}"
        for kind, words in KINDS.items()
        if not is_missing(row[f"{kind}_rate"])
    ]
    found = f"{' and '.join(parts)} of {count(row['n_pairs'])} read pairs" if parts else ""
    return "; ".join(text for text in (found, str(row["reason"])) if text)
