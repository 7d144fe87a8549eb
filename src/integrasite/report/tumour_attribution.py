"""The attribution sheet on the page: what speaks for insertional mutagenesis beside what speaks against it."""

from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, frame_tsv
from integrasite.report.facts import Row, records
from integrasite.report.tumour_words import short
from integrasite.report.view import View
from integrasite.report.words import MISSING, is_missing, number

ITEMS = {
    "transgene": "Is the transgene in the tumour?",
    "clone": "In the tumour's clone?",
    "other_copies": "How many copies and sites?",
    "clonotype": "As many cells as the tumour's T-cell receptor?",
    "blasts": "As many cells as the blasts?",
    "vector_structure": "Is the vector whole?",
    "site": "Where does it sit?",
    "site_fraction": "In how many of the tumour's cells?",
    "history": "Was the clone seen in other samples?",
    "further_sites": "Further sites",
}
COLUMNS = ("question", "speaks for", "speaks against", "speaks for neither", "value and source")
TOP_SHEETS = 20


def _value(row: Row) -> str:
    if is_missing(row["value"]):
        return str(row["source"] or MISSING)
    limits = (
        "" if is_missing(row["value_low"]) else f" ({short(row['value_low'])} to {short(row['value_high'])})"
    )
    return f"{short(row['value'])}{limits} {row['unit']}\n{row['source']}"


def _cells(row: Row) -> tuple[Cell, ...]:
    about = "\n".join(
        filter(
            None, (ITEMS.get(row["item"], str(row["item"]).replace("_", " ")), row["sample"], row["site_id"])
        )
    )
    words = row["wording"] if row["finding"] == "not tested" else f"{row['finding']}\n{row['wording']}"
    placed = {"for": 0, "against": 1}.get(str(row["direction"]), 2)
    lead = ("For: ", "Against: ", "Not tested: " if row["direction"] == "not_tested" else "Open: ")[placed]
    sides = [Cell(f"{lead}{words}" if place == placed else "", tone="evidence") for place in range(3)]
    return (Cell(about, tone="stack"), *sides, Cell(_value(row), number(row["value"]), "stack"))


def sheet_blocks(view: View) -> list[Block]:
    """Per subject with a tumour sample its sheet and what was not tested."""
    frame = view.tables.attribution
    names = list(dict.fromkeys(frame["subject"]))
    blocks: list[Block] = []
    for place, name in enumerate(names[:TOP_SHEETS]):
        blocks += _sheet(view, name, place)
    if len(names) > TOP_SHEETS:
        blocks.append(
            Notes([f"Sheets of {TOP_SHEETS} of {len(names)} subjects are shown; all are in attribution.tsv."])
        )
    return blocks


def _sheet(view: View, subject: str, place: int) -> list[Block]:
    frame = view.tables.attribution
    mine = frame[frame["subject"] == subject].sort_values("rank", kind="stable")
    rows = records(mine)
    statement = next((row for row in rows if row["item"] == "statement"), None)
    plain = [row for row in rows if row["direction"] == "not_tested" and row["item"] not in ITEMS]
    asked = [row for row in rows if row["item"] in ITEMS]
    words = f"{statement['wording']} Findings: {statement['finding']}. All in " if statement else "All in "
    grid = Grid(
        f"attribution-{place}",
        f"{subject}: evidence for and against insertional mutagenesis, side by side.",
        [Column(title, "attribution" if title == "question" else "") for title in COLUMNS],
        [_cells(row) for row in asked],
        frame_tsv(mine),
        words,
        "no evidence in either direction",
        more=(Cell("attribution.tsv", href=f"{view.to_results}attribution.tsv"),),
    )
    notes = [f"{str(row['item']).replace('_', ' ').capitalize()}: {row['wording']}" for row in plain]
    return [grid, Notes(notes, f"{subject}: not tested")] if notes else [grid]
