"""How well called sites agree with the truth: recall, precision, exact positions."""

from dataclasses import dataclass

import pandas as pd

from integrasite.model.tables import Table
from integrasite.simulate.causes import CAUSES, Support

NEAR = 5
"""A called site this close (bp) to a true one, on its strand, counts as found (the field's own criterion)."""
WOBBLE = 30
"""A false site this close (bp) to a true one of its library is put down to wobble."""
Place = tuple[str, str]
"""Contig and strand."""

RECALL = Table(
    "evaluation_recall",
    {
        "class": "str",
        "n_truth": "int",
        "n_found": "int",
        "n_exact": "int",
        "n_as_multihit": "int",
        "recall": "float",
    },
    ("class",),
)
PRECISION = Table("evaluation_precision", {"call": "str", "n_sites": "int", "fraction": "float"}, ("call",))


@dataclass(frozen=True)
class Evaluation:
    """The comparison.

    Attributes:
        truth: the detectable rows of the truth table with `found` (bool), `found_as` (`unique`, `multihit` or
            empty) and `offset` (bp from the truth to the call; missing where not found as unique).
        calls: the passed rows of the sites table with `call`: `true`, or why it is false:
            `contamination`, `hop`, `recombination`, `mispriming`, `truncated_ltr` (such reads lie there; the last
            two only where the truth of the reads is given), `wobble` (near a true site of the library),
            `other_library` (true elsewhere in the run), `unexplained`. `distance` is the bp from such reads.
    """

    truth: pd.DataFrame
    calls: pd.DataFrame

    @property
    def recall(self) -> float:
        """Found share of the detectable true sites; 1 where there is none."""
        return float(self.truth["found"].mean()) if len(self.truth) else 1.0

    @property
    def precision(self) -> float:
        """True share of the passed sites; 1 where there is none."""
        return float((self.calls["call"] == "true").mean()) if len(self.calls) else 1.0

    @property
    def exact(self) -> float:
        """Share of the sites found as unique whose position is right to the base; 1 where there is none."""
        offsets = self.truth["offset"].dropna()
        return float((offsets == 0).mean()) if len(offsets) else 1.0

    def recall_table(self) -> pd.DataFrame:
        """Recall by class of the truth (`unique`, `repeat`) and over all, as rows of `RECALL`."""
        groups = [("all", self.truth), *((str(name), group) for name, group in self.truth.groupby("class"))]
        rows = [
            (
                name,
                len(g),
                int(g["found"].sum()),
                int((g["offset"] == 0).sum()),
                int((g["found_as"] == "multihit").sum()),
            )
            for name, g in groups
        ]
        table = pd.DataFrame(rows, columns=["class", "n_truth", "n_found", "n_exact", "n_as_multihit"])
        return table.assign(recall=table["n_found"] / table["n_truth"].clip(lower=1))

    def precision_table(self) -> pd.DataFrame:
        """Passed sites by what they truly are, as rows of `PRECISION`."""
        words = ["true", *CAUSES, "wobble", "other_library", "unexplained"]
        counts = self.calls["call"].value_counts()
        rows = [
            (word, int(counts.get(word, 0)), int(counts.get(word, 0)) / max(len(self.calls), 1))
            for word in words
        ]
        return pd.DataFrame(rows, columns=list(PRECISION.columns))


def evaluate_sites(
    truth: pd.DataFrame,
    sites: pd.DataFrame,
    multihits: pd.DataFrame,
    *,
    near: int = NEAR,
    support: Support | None = None,
) -> Evaluation:
    """Compare called sites with the truth, library by library.

    A true site is detectable if a usable pair of its own library supports it. It is found by a passed
    site at most `near` bp away on its strand, or by a passed multihit one of whose places is.

    Args:
        truth: rows of `truth.TRUTH`.
        sites: rows of `sites.tsv.gz`.
        multihits: rows of `multihits.tsv.gz`.
        near: largest distance, bp.
        support: the reads behind every place; without it only the causes that `truth` lists are told apart.
    """
    passed = sites[sites["status"] == "pass"].reset_index(drop=True)
    calls = _Places(passed, passed["placement"].eq("unique"))
    shared = passed[passed["placement"] == "multihit"]
    listed = multihits.merge(shared[["sample", "cluster"]].drop_duplicates(), on=["sample", "cluster"])
    places = _Places(pd.concat([listed, shared], ignore_index=True))
    wanted = truth[(truth["n_usable"] > 0) & (truth["cause"] == "clone")].reset_index(drop=True)
    found = [_find(row, calls, places, near) for row in _rows(wanted)]
    marked = wanted.assign(
        found=[how != "" for how, _ in found],
        found_as=[how for how, _ in found],
        offset=pd.array([offset for _, offset in found], dtype="Int64"),
    )
    judged = _judge(passed, truth, multihits, near, support or _listed_support(truth))
    words, distances = [word for word, _ in judged], [distance for _, distance in judged]
    return Evaluation(marked, passed.assign(call=words, distance=pd.array(distances, dtype="Int64")))


def _listed_support(truth: pd.DataFrame) -> Support:
    """What the truth table itself says of wrong reads."""
    counted = truth[truth["n_reads"] > 0]
    return Support(counted[["sample", "contig", "strand", "position", "cause", "n_reads"]])


Row = tuple[str, str, str, int]


def _rows(frame: pd.DataFrame) -> list[Row]:
    """Sample, contig, strand and position of each row."""
    columns = (frame[name].tolist() for name in ("sample", "contig", "strand", "position"))
    return [(str(a), str(b), str(c), int(d)) for a, b, c, d in zip(*columns, strict=True)]


class _Places:
    """Positions by sample, contig and strand."""

    def __init__(self, frame: pd.DataFrame, keep: "pd.Series[bool] | None" = None) -> None:
        self.at: dict[tuple[str, str, str], list[int]] = {}
        for sample, contig, strand, position in _rows(frame if keep is None else frame[keep]):
            self.at.setdefault((sample, contig, strand), []).append(position)

    def offset(self, row: Row, window: int) -> int | None:
        """Signed distance to the nearest position within the window; None if there is none."""
        sample, contig, strand, position = row
        offsets = [other - position for other in self.at.get((sample, contig, strand), ())]
        near = [offset for offset in offsets if abs(offset) <= window]
        return min(near, key=lambda offset: (abs(offset), offset)) if near else None


def _find(row: Row, calls: _Places, places: _Places, near: int) -> tuple[str, int | None]:
    offset = calls.offset(row, near)
    if offset is not None:
        return "unique", offset
    return ("multihit", None) if places.offset(row, near) is not None else ("", None)


def _judge(
    passed: pd.DataFrame, truth: pd.DataFrame, multihits: pd.DataFrame, near: int, support: Support
) -> list[tuple[str, int | None]]:
    """What each passed site truly is, and how far from the reads that explain it."""
    real = truth[truth["n_reads"] > 0]
    own, anywhere = _Places(real[real["cause"] == "clone"]), _Places(real.assign(sample="*"))
    clusters = {key: _rows(group) for key, group in multihits.groupby(["sample", "cluster"])}
    words = []
    for row, placement, cluster in zip(_rows(passed), passed["placement"], passed["cluster"], strict=True):
        others = clusters.get((row[0], cluster), []) if placement == "multihit" else []
        words.append(_word([row, *others], own, anywhere, support, near))
    return words


def _word(
    rows: list[Row], own: _Places, anywhere: _Places, support: Support, near: int
) -> tuple[str, int | None]:
    if any(own.offset(row, near) is not None for row in rows):
        return "true", None
    cause, distance = support.explain(rows)
    if cause:
        return cause, distance
    if own.offset(rows[0], WOBBLE) is not None:
        return "wobble", None
    return (
        "other_library" if anywhere.offset(("*", *rows[0][1:]), near) is not None else "unexplained"
    ), None
