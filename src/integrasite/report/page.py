"""A whole page: sections put into the template, with style and script inlined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from integrasite.io.text import read_text
from integrasite.report.blocks import Card, CloneCard, Facts, Figure, Grid, Notes, Section, State
from integrasite.report.clone_cards import clone_cards
from integrasite.report.clones import dominance, insertions
from integrasite.report.contamination import contamination
from integrasite.report.definitions import DEFINITIONS, FOLDER, LIMITATIONS
from integrasite.report.gene_tests import gene_tests
from integrasite.report.genes import genes
from integrasite.report.growth import growth
from integrasite.report.methods import methods, not_assessed
from integrasite.report.names import page_name
from integrasite.report.population import population
from integrasite.report.trust import asked, trust, tumour_rows
from integrasite.report.tumour import tumour
from integrasite.report.view import View

SECTIONS = (
    asked,
    trust,
    dominance,
    growth,
    clone_cards,
    insertions,
    genes,
    gene_tests,
    population,
    contamination,
    tumour,
    not_assessed,
    methods,
)
OF_LIBRARIES = (contamination, dominance, growth, population, gene_tests)
"""Sections that only integration-site libraries can answer; tumour sites have no sizes that may be compared."""
TEMPLATE = "page.html.j2"
STYLES = ("style.css", "figures.css")
SCRIPTS = ("page.js", "figures.js")
KINDS = {
    Card: "card",
    CloneCard: "clone_card",
    Facts: "facts",
    Figure: "figure",
    Grid: "grid",
    Notes: "notes",
}


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
    environment.globals["styles"] = [Markup(_source(name)) for name in STYLES]
    environment.globals["scripts"] = [Markup(_source(name)) for name in SCRIPTS]
    return environment


def sections_of(view: View) -> list[Section]:
    """Every section of a page, in the order of reading; a study of tumour samples alone begins with them."""
    order = list(SECTIONS)
    has_libraries = bool(view.specimens and view.study.amplicon_libraries)
    if not has_libraries and len(view.tables.transgene):
        order.sort(key=lambda build: build not in (asked, tumour))
    return [_section(build, view) for build in order]


def _section(build: Callable[[View], Section], view: View) -> Section:
    section = build(view)
    if build not in OF_LIBRARIES or view.specimens or not tumour_rows(view):
        return section
    who = "subject" if view.subject else "sheet"
    answer = f"Not tested: the {who} has no integration-site library (assay amplicon), only tumour samples."
    return replace(section, state=State.NOT_TESTED, answer=answer, blocks=())


def _links(view: View) -> Sequence[Link]:
    if view.subject is not None:
        return [Link("All subjects of the run", "../index.html")]
    return [Link(name, f"subjects/{page_name(name)}") for name in view.all_subjects]


def render_page(view: View, sections: Sequence[Section] | None = None) -> str:
    """The page as one HTML document that needs nothing else.

    Args:
        view: the run or one subject of it.
        sections: `sections_of(view)` where they are known already.

    Returns:
        HTML; equal tables and config give equal text.
    """
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            view=view,
            config=view.study.config,
            sections=sections_of(view) if sections is None else sections,
            links=_links(view),
            limitations=LIMITATIONS,
        )
    )
