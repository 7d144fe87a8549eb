"""What `integrasite check --reads` says where sheet and reads differ, and how much fits where they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrasite.config.findings import line_list

LEAST = 50
"""Pairs below which nothing is compared: a share of fewer says too little."""
_MOST_FILES = 3
_DOUBTFUL = 0.2


@dataclass(frozen=True)
class Disagreement:
    """One claim that the reads do not bear out.

    Attributes:
        field: what it is about (a column of the sheet or a key of the protocol).
        lines: lines of the sheet.
        sheet_says: the claim.
        reads_say: what was counted instead.
        mend: what to do.
        n_reads: reads looked at.
    """

    field: str
    lines: tuple[int, ...]
    sheet_says: str
    reads_say: str
    mend: str
    n_reads: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Disagreements of several files with the same key are one mistake."""
        return self.field, self.sheet_says, self.mend


@dataclass(frozen=True)
class Shares:
    """How many pairs fit: all, with a barcode (None: not told by barcodes), compared, with the vector end, with the linker.

    `n_for_linker` are the pairs in which the linker was looked for.
    """

    n: int = 0
    n_assigned: int | None = None
    n_compared: int = 0
    n_started: int = 0
    n_for_linker: int = 0
    n_linker: int = 0

    def plus(self, other: "Shares") -> "Shares":
        """Both together."""
        known = [one for one in (self.n_assigned, other.n_assigned) if one is not None]
        return Shares(
            self.n + other.n,
            sum(known) if known else None,
            self.n_compared + other.n_compared,
            self.n_started + other.n_started,
            self.n_for_linker + other.n_for_linker,
            self.n_linker + other.n_linker,
        )

    @property
    def words(self) -> str:
        """The shares as a part of a sentence."""
        parts = []
        if self.n_assigned is not None:
            parts.append(f"{percent(self.n_assigned, self.n)} carry a barcode of the sheet")
        if self.n_compared:
            which = "of these " if parts else ""
            parts.append(f"{which}{percent(self.n_started, self.n_compared)} begin with primer and LTR end")
        if self.n_for_linker:
            parts.append(f"of these {percent(self.n_linker, self.n_for_linker)} carry the linker")
        return ", ".join(parts)


def percent(n: int, total: int) -> str:
    """A share for a sentence.

    >>> percent(1, 8)
    '12.5 %'
    """
    return f"{100 * n / max(total, 1):.1f} %"


def warning_texts(sheet: str, found: Sequence[tuple[str, Disagreement]]) -> list[str]:
    """One message for each mistake, whatever the number of files that show it.

    Args:
        sheet: the sheet's name.
        found: files and what was found in them.
    """
    groups: dict[tuple[str, str, str], list[tuple[str, Disagreement]]] = {}
    for files, one in found:
        groups.setdefault(one.key, []).append((files, one))
    texts = []
    for members in groups.values():
        files, first = members[0]
        names = list(dict.fromkeys(name for name, _ in members))
        more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
        lines = line_list(line for _, one in members for line in one.lines)
        texts.append(
            f"{sheet} {lines} ({'; '.join(names[:_MOST_FILES])}{more}), {first.field}: the sheet says {first.sheet_says}, "
            f"the reads say {first.reads_say}. {first.mend}."
        )
    return texts


def note_texts(compared: Sequence[tuple[str, Shares, int, str]]) -> list[str]:
    """In a line each: how many sets of files agree with the sheet and by what shares, and which were not compared.

    Args:
        compared: per set of files its name, the shares, the number of disagreements, and why it was not compared.
    """
    looked = [one for one in compared if not one[3]]
    agreeing = [one for one in looked if not one[2]]
    texts = []
    if agreeing:
        total = Shares()
        for _, shares, _, _ in agreeing:
            total = total.plus(shares)
        n = len(looked)
        which = "" if n == 1 else f" in {len(agreeing)} of {n} sets of files"
        # Few vector ends may be mispriming and not the sheet: said, but no warning.
        is_doubtful = total.n_started < _DOUBTFUL * total.n_compared
        says = "the reads hardly bear out the sheet" if is_doubtful else "sheet and reads agree"
        texts.append(f"{says}{which}: of {total.n} first reads {total.words or 'none tells more'}")
    skipped: dict[str, list[str]] = {}
    for name, _, _, words in compared:
        if words:
            skipped.setdefault(words, []).append(name)
    for words, names in skipped.items():
        more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
        texts.append(f"not compared: {', '.join(names[:_MOST_FILES])}{more} ({words})")
    return texts
