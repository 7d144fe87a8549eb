"""Say where the report is and which clones are dominant: the last lines of `make demo`."""

import csv
import gzip
import sys
from pathlib import Path


def answer(results: Path) -> list[str]:
    """Lines for a person; the last one names every dominant clone with its gene and its strongest rule."""
    genes = {row["site_id"]: row["gene"] for row in _rows(results / "annotation.tsv.gz")}
    strongest: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows(results / "flags.tsv"):
        if row["rule"].startswith("dominant_"):
            key = (row["specimen"], row["site_id"])
            strongest[key] = max(strongest.get(key, row), row, key=lambda flag: flag["rule"])
    flagged = [
        f"{genes.get(row['site_id']) or 'no gene'} {row['site_id']} in {row['specimen']}, {row['rule']}: {row['evidence']}"
        for row in strongest.values()
    ]
    return [
        f"Report:  {(results / 'report' / 'index.html').resolve()}",
        f"Tables:  {results.resolve()} (explained in docs/output.md)",
        f"Flagged: {' | '.join(flagged) or 'no dominant clone'}",
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


if __name__ == "__main__":
    print("\n".join(answer(Path(sys.argv[1]))))
