"""What a section is made of: a question, a state, an answer in words, figures and tables."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup


class State(StrEnum):
    """The states that an answer can have; each is printed in words."""

    INFORMATION = "for information"
    FOUND = "found"
    NONE = "none found"
    NOT_TESTED = "not tested"
    INSUFFICIENT = "insufficient data"
    NOT_EVALUABLE = "not evaluable"
    LIMITED = "with limits"

    @property
    def css(self) -> str:
        """The state as a class name."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True)
class Cell:
    """One cell: what is shown and the value it sorts by; `tone` names a style, `href` an own output."""

    text: str
    value: float | str | None = None
    tone: str = ""
    href: str = ""


@dataclass(frozen=True)
class Column:
    """One column; `term` is its entry among the definitions."""

    title: str
    term: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Grid:
    """A table on the page; `data` is the TSV behind its button, `empty` stands where there is no row."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    data: str = ""
    note: str = ""
    empty: str = "none found"
    folded: str = ""
    more: Sequence[Cell] = ()

    @property
    def download(self) -> str:
        """The rows as a `data:` link."""
        return data_url(self.data or grid_tsv(self))

    @property
    def terms(self) -> list[str]:
        """The definitions that its columns need, each once."""
        return list(dict.fromkeys(column.term for column in self.columns if column.term))


@dataclass(frozen=True)
class LegendItem:
    """One entry of a legend: a picture, what it stands for, and the link to its card where it has one."""

    swatch: Markup
    label: str
    href: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture with caption, legend and the rows it was drawn from."""

    id: str
    title: str
    caption: str
    picture: Markup
    grid: Grid
    legend: Sequence[LegendItem] = ()
    terms: Sequence[str] = ()


@dataclass(frozen=True)
class Facts:
    """Pairs of name and value."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Notes:
    """A list of sentences, with an optional heading."""

    items: Sequence[str]
    heading: str = ""


@dataclass(frozen=True)
class Card:
    """One verdict: what it is about, the verdict, what it says, its numbers as pairs, and what else was noticed.

    `tone` is a state's class name (`State.css`).
    """

    id: str
    heading: str
    verdict: str
    tone: str
    words: str
    pairs: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class CloneCard:
    """All that is known of one clone of one subject; `is_open` where it asks for a second look.

    `places` are links (text, address) to genome browsers, opened by a click only.
    """

    id: str
    heading: str
    said: str
    swatch: Markup
    pairs: Sequence[tuple[str, str]]
    picture: Markup
    picture_words: str
    grid: Grid
    findings: Sequence[str] = ()
    places: Sequence[tuple[str, str]] = ()
    is_open: bool = False


Block = Grid | Figure | Facts | Notes | Card | CloneCard


@dataclass(frozen=True)
class Section:
    """One question with its answer."""

    id: str
    question: str
    state: State
    answer: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    nav: str = ""


def text_cells(*words: str) -> tuple[Cell, ...]:
    """Cells that sort by what they show."""
    return tuple(Cell(word, word) for word in words)


def frame_tsv(frame: pd.DataFrame) -> str:
    """Rows of a result table, with its own columns and raw values."""
    buffer = io.StringIO()
    frame.to_csv(buffer, sep="\t", index=False, lineterminator="\n", float_format="%.8g", na_rep="")
    return buffer.getvalue()


def grid_tsv(grid: Grid) -> str:
    """The rows of a grid as TSV: the values where there are any, else the words."""
    titles = [column.title for column in grid.columns]
    rows = [[cell.text if cell.value is None else cell.value for cell in row] for row in grid.rows]
    return frame_tsv(pd.DataFrame(rows, columns=titles, dtype=object))


def data_url(tsv: str) -> str:
    """A link that holds the text itself."""
    return "data:text/tab-separated-values;charset=utf-8," + quote(tsv, safe=":,;()+-_.*=/")
