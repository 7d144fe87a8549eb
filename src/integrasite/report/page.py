"""A whole page: sections put into the template, with style and script inlined."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from integrasite.io.text import read_text
from integrasite.report.blocks import Card, Facts, Figure, Grid, Notes, Section
from integrasite.report.clones import dominance, insertions
from integrasite.report.contamination import contamination
from integrasite.report.definitions import DEFINITIONS, FOLDER, LIMITATIONS
from integrasite.report.gene_tests import gene_tests
from integrasite.report.genes import genes
from integrasite.report.growth import growth
from integrasite.report.methods import methods, not_assessed
from integrasite.report.names import page_name
from integrasite.report.population import population
from integrasite.report.trust import asked, trust
from integrasite.report.tumour import tumour
from integrasite.report.view import View

SECTIONS = (
    asked,
    trust,
    contamination,
    dominance,
    growth,
    population,
    genes,
    gene_tests,
    insertions,
    tumour,
    not_assessed,
    methods,
)
TEMPLATE = "page.html.j2"
KINDS = {Card: "card", Facts: "facts", Figure: "figure", Grid: "grid", Notes: "notes"}


@dataclass(frozen=True)
class Link:
    """A link to another page of the report."""

    text: str
    href: str


def _source(name: str) -> str:
    return read_text(FOLDER / "templates" / name, "the report's template")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({TEMPLATE: _source(TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["kind_of"] = lambda block: KINDS[type(block)]
    environment.globals["definitions"] = DEFINITIONS
    environment.globals["style"] = Markup(_source("style.css"))
    environment.globals["script"] = Markup(_source("page.js"))
    return environment


def sections_of(view: View) -> list[Section]:
    """Every section of a page, in the order of reading; a study of tumour samples alone begins with them."""
    order = list(SECTIONS)
    if not view.study.amplicon_libraries and len(view.tables.transgene):
        order.sort(key=lambda build: build not in (asked, tumour))
    return [build(view) for build in order]


def _links(view: View) -> Sequence[Link]:
    if view.subject is not None:
        return [Link("All subjects of the run", "../index.html")]
    return [Link(name, f"subjects/{page_name(name)}") for name in view.all_subjects]


def render_page(view: View) -> str:
    """The page as one HTML document that needs nothing else.

    Args:
        view: the run or one subject of it.

    Returns:
        HTML; equal tables and config give equal text.
    """
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            view=view,
            config=view.study.config,
            sections=sections_of(view),
            links=_links(view),
            limitations=LIMITATIONS,
        )
    )
