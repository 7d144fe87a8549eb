"""`summary.xlsx`: the report's answers and main tables as sheets for people."""

from collections.abc import Sequence
from typing import Any

from integrasite.io.workbook import Sheet, SheetColumn, Value
from integrasite.report.definitions import DEFINITIONS, LIMITATIONS
from integrasite.report.facts import clone_id, clones_of, gene_label, largest, passing, records, site_facts
from integrasite.report.flagged import is_unverified, tier_words
from integrasite.report.methods import not_assessed
from integrasite.report.page import sections_of
from integrasite.report.summary import plain
from integrasite.report.trust import EVALUABLE_WORDS, verdict
from integrasite.report.tumour import verdicts
from integrasite.report.tumour_junctions import order_sites, site_gene
from integrasite.report.tumour_words import CLONALITY, VERDICTS
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import plural

Rows = list[Sequence[Value]]
_SUBJECT = SheetColumn("subject", "patient, as in the sample sheet", width=12)
_SPECIMEN = SheetColumn("specimen", "material of one time point; its libraries are pooled", width=26)
_DAYS = SheetColumn("days", "days since infusion", "count", 9)
_SITE = SheetColumn("site", "contig:position:strand, 1-based; see docs/definitions.md", width=24)
_GENE = SheetColumn("gene", "gene that holds the site, or the nearest one", width=20)
_SAMPLE = SheetColumn("sample", "row of the sample sheet", width=16)
_VECTOR = SheetColumn("vector", "name in the config", width=16)


def _term(title: str, term: str, kind: str = "text", width: float = 14) -> SheetColumn:
    return SheetColumn(title, DEFINITIONS[term][1], kind, width)


def _answers(view: View) -> Sheet:
    columns = (
        SheetColumn("question", "heading of the report", width=38),
        SheetColumn("state", "the answer in one word", width=18),
        SheetColumn("answer", "the answer in words, with its uncertainty", width=110),
    )
    rows: Rows = [(one.question, one.state.value, one.answer) for one in sections_of(view)]
    return Sheet("Answers", columns, rows, " ".join(LIMITATIONS))


_SPECIMEN_COLUMNS = (
    _SUBJECT,
    _SPECIMEN,
    SheetColumn("time point", "as in the sample sheet", width=12),
    _DAYS,
    SheetColumn("tissue", "as in the sample sheet"),
    SheetColumn("cell type", "as in the sample sheet"),
    SheetColumn("role", "patient or product", width=10),
    SheetColumn("libraries", "libraries of the specimen", "count", 10),
    _term("evaluable", "evaluable"),
    SheetColumn("what that means", "whether the specimen can answer, with its limit of detection", width=60),
    _term("fragments", "fragment", "count", 11),
    SheetColumn("clones", "passing clones of the specimen", "count", 10),
    _term("cells", "cells", "number", 11),
    _term("LOD95", "lod95", "percent", 10),
    _term("LOQ", "loq", "percent", 10),
    _term("Shannon", "shannon", "number", 10),
    _term("Simpson", "simpson", "number", 10),
    _term("Gini", "gini", "number", 10),
    _term("UC50", "uc50", "count", 10),
    _term("Chao1", "chao1", "number", 12),
    _term("coverage", "coverage", "percent", 10),
)  # fmt: skip
_DIVERSITY = ("n_sites", "cells", "lod95", "loq", "shannon", "simpson", "gini", "uc50", "chao1", "coverage")


def _specimens(view: View) -> Sheet:
    rows: Rows = [
        (
            one.subject, one.name, one.timepoint, one.days, one.tissue, one.cell_type, one.role, len(one.samples),
            EVALUABLE_WORDS.get(one.evaluable, one.evaluable), verdict(view, one), one.n_fragments,
            *(plain(one.diversity.get(key)) for key in _DIVERSITY),
        )
        for one in view.specimens
    ]  # fmt: skip
    note = "" if rows else "None: the run has no specimen of an amplicon library."
    return Sheet("Specimens", _SPECIMEN_COLUMNS, rows, note, "diversity.tsv", 2)


_CLONE_COLUMNS = (
    _SUBJECT,
    _SPECIMEN,
    _DAYS,
    SheetColumn("rank", "place of the clone in its specimen, by fraction", "count", 8),
    SheetColumn("of", "passing clones of the specimen; the largest are listed here", "count", 8),
    _term("clone", "multihit", width=26),
    _GENE,
    _term("fraction", "fraction", "percent", 10),
    SheetColumn("fraction low", "lower end of the 95 % interval", "percent", 10),
    SheetColumn("fraction high", "upper end of the 95 % interval", "percent", 10),
    _term("P ≥ 10 %", "p_ge", "percent", 10),
    _term("P ≥ 20 %", "p_ge", "percent", 10),
    _term("P ≥ 30 %", "p_ge", "percent", 10),
    _term("cells", "cells", "number", 11),
    SheetColumn("cells low", "lower end of the 95 % interval", "number", 11),
    SheetColumn("cells high", "upper end of the 95 % interval", "number", 11),
    SheetColumn("lower bound only", "yes: nearly all lengths are taken, the size is a lower bound", width=10),
    _term("counted by", "estimator", width=10),
    _term("fragments", "fragment", "count", 11),
    _term("replicates", "replicates", "count", 10),
    SheetColumn("nearest cancer gene", "of the known events and the config's lists", width=20),
    SheetColumn("distance", "to that gene, bp; 0 is inside", "count", 12),
    SheetColumn("known event", "genes with published insertional mutagenesis at the site", width=20),
    _VECTOR,
)  # fmt: skip
_SIZES = (
    "fraction", "fraction_low", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30", "cells", "cells_low", "cells_high",
)  # fmt: skip
_EVIDENCE = ("saturated", "estimator", "n_fragments", "n_replicates")


def _clones(view: View) -> Sheet:
    rows: Rows = []
    found = largest(passing(view.tables, view.specimens))
    groups = {key: mine for key, mine in found.groupby(["subject", "specimen"], sort=False)}
    for one in view.specimens:
        mine = groups.get((one.subject, one.name), found.head(0))
        for rank, clone in enumerate(clones_of(view.tables, mine.head(TOP_CLONES)), 1):
            name = f"multihit {clone.id}" if clone.is_multihit else clone_id(clone.row)
            events = [plain(clone.site.get(key)) for key in _EVENTS]
            rows.append(
                (
                    one.subject, one.name, one.days, rank, len(mine), name, clone.gene,
                    *(plain(clone.row[key]) for key in (*_SIZES, *_EVIDENCE)), *events, clone.row["vector"],
                )
            )  # fmt: skip
    note = (
        f"The {TOP_CLONES} largest clones of each specimen: {len(rows):,} of {plural(len(found), 'passing clone')} of the "
        "run; all stand in clones.tsv.gz."
    )
    return Sheet("Clones", _CLONE_COLUMNS, rows, note, "clones.tsv.gz", 2)


_EVENTS = ("nearest_cancer_gene", "cancer_gene_distance", "known_event")
_FLAG_COLUMNS = (
    _SUBJECT,
    _SPECIMEN,
    SheetColumn("tier", "1 is the strongest; empty where the data cannot settle it", "count", 7),
    SheetColumn("suggested", "wording of the tier", width=34),
    SheetColumn("rule", "the rule that was raised; see docs/output.md", width=22),
    _SITE,
    _GENE,
    SheetColumn("value", "what the rule looks at", "number", 10),
    SheetColumn("threshold", "what the value is held against", "number", 10),
    SheetColumn("evidence", "in words", width=60),
    SheetColumn("source", "whose rule it is", width=50),
    SheetColumn("source not checked", "yes: the rule's source was recalled, not read", width=10),
)


def _flags(view: View) -> Sheet:
    flags = records(view.tables.flags)
    sites = site_facts(view.tables, [flag["site_id"] for flag in flags])
    rows: Rows = [
        (
            flag["subject"], flag["specimen"], plain(flag["tier"]),
            tier_words(flag["tier"], flag["quality"]) if flag["site_id"] else None, flag["rule"], flag["site_id"],
            gene_label(sites.get(flag["site_id"], {})) if flag["site_id"] else None, plain(flag["value"]),
            plain(flag["threshold"]), flag["evidence"], flag["source"], is_unverified(flag["source"]),
        )
        for flag in flags
    ]  # fmt: skip
    note = "" if rows else "None: no rule was raised."
    return Sheet("Flags", _FLAG_COLUMNS, rows, note, "flags.tsv", 2)


_VERDICT_COLUMNS = (
    _SUBJECT,
    _SAMPLE,
    _VECTOR,
    SheetColumn("verdict", "; ".join(f"{name}: {words}" for name, words in VERDICTS.items()), width=17),
    SheetColumn("reason", "why, in words", width=70),
    SheetColumn("clonality", "; ".join(f"{name}: {words}" for name, words in CLONALITY.items()), width=15),
    *(
        SheetColumn(f"{name}{end}", f"copies per {unit}{words}", "number", 11)
        for name, unit in (("tumour copies", "tumour cell, where purity is known"), ("copies", "diploid genome"))
        for end, words in (("", ""), (" low", ", lower end of the 95 % interval"), (" high", ", upper end of the 95 % interval"))
    ),
    SheetColumn("limit, tumour cells", "copies per tumour cell seen in 95 of 100 samples", "number", 11),
    SheetColumn("limit", "copies per diploid genome seen in 95 of 100 samples", "number", 11),
    SheetColumn("required", "copies per diploid genome that NEGATIVE must have been able to show", "number", 11),
    SheetColumn("fragments", "distinct informative fragments", "count", 11),
    SheetColumn("blank", "fragments that samples without the vector still show", "number", 9),
    SheetColumn("elements", "parts of the vector that were seen", width=40),
    SheetColumn("product", "product that the reads are like"),
    SheetColumn("findings", "what else was noticed; see docs/output.md", width=24),
)  # fmt: skip
_VERDICT_KEYS = (
    "subject", "sample", "vector", "verdict", "reason", "clonality", "tumour_vcn", "tumour_vcn_low", "tumour_vcn_high",
    "vcn", "vcn_low", "vcn_high", "lod_tumour", "lod_vcn", "required_vcn", "n_fragments", "lob", "elements", "product",
    "findings",
)  # fmt: skip
_TUMOUR_SITE_COLUMNS = (
    _SUBJECT,
    _SAMPLE,
    _SITE,
    _GENE,
    _VECTOR,
    SheetColumn("placement", "unique, or multihit: fits several places equally", width=11),
    SheetColumn("confidence", "A, B or C; see docs/methods.md", width=11),
    SheetColumn("fragments", "distinct fragments that show the site", "count", 11),
    SheetColumn("fraction of cells", "of those cells that the column 'of which cells' names", "percent", 11),
    SheetColumn("fraction low", "lower end of the 95 % interval", "percent", 11),
    SheetColumn("fraction high", "upper end of the 95 % interval", "percent", 11),
    SheetColumn("of which cells", "tumour cells, or all cells where purity is unknown", width=14),
    SheetColumn("allele fraction", "share of the copies of the locus that carry the vector", "percent", 11),
    SheetColumn("limit", "fraction of cells that 5 % of such samples would have missed", "percent", 11),
    SheetColumn("duplicated bases", "target-site duplication, bp", "count", 11),
    SheetColumn("clone", "sites that can be in the same cells", width=10),
)  # fmt: skip
_TUMOUR_SITE_KEYS = (
    "vector", "placement", "tier", "n_fragments", "ccf", "ccf_low", "ccf_high", "fraction_of", "vaf", "limit",
    "tsd_length", "clone",
)  # fmt: skip
_EVIDENCE_COLUMNS = (
    _SUBJECT,
    SheetColumn("question", "what was asked; see docs/output.md", width=24),
    SheetColumn("direction", "for, against, neutral or not_tested; the rows are not added up", width=12),
    SheetColumn("finding", "what was found", width=70),
    SheetColumn("wording", "what the finding says, and what it does not", width=70),
    _SAMPLE,
    _SITE,
    SheetColumn("source", "file that it comes from", width=24),
)
_EVIDENCE_KEYS = ("subject", "item", "direction", "finding", "wording", "sample", "site_id", "source")


def _tumour(view: View) -> list[Sheet]:
    rows: Rows = [tuple(plain(row[key]) for key in _VERDICT_KEYS) for row in verdicts(view)]
    none = "" if rows else "Not tested: the run has no verdict on a tumour sample."
    passed = order_sites(view.tables.tumour_sites[view.tables.tumour_sites["status"] == "pass"])
    facts = site_facts(view.tables, passed["site_id"])
    sites: Rows = [
        (
            row["subject"], row["sample"], row["site_id"], site_gene(facts.get(row["site_id"], {})),
            *(plain(row[key]) for key in _TUMOUR_SITE_KEYS),
        )
        for row in records(passed)
    ]  # fmt: skip
    sheet: Rows = [
        tuple(plain(row[key]) for key in _EVIDENCE_KEYS) for row in records(view.tables.attribution)
    ]
    no_site = "" if sites else none or "None: no site of a tumour sample passed."
    return [
        Sheet("Tumour", _VERDICT_COLUMNS, rows, none, "transgene.tsv", 3),
        Sheet("Tumour sites", _TUMOUR_SITE_COLUMNS, sites, no_site, "tumour_sites.tsv.gz", 3),
        Sheet("Tumour evidence", _EVIDENCE_COLUMNS, sheet, "" if sheet else none, "attribution.tsv", 2),
    ]


def _not_assessed(view: View) -> Sheet:
    columns = (
        SheetColumn("topic", "what was not assessed, or was left open by the samples", width=40),
        SheetColumn("state", "not tested, or left open", width=14),
        SheetColumn("what that means", "in words", width=110),
    )
    rows: Rows = []
    for block in not_assessed(view).blocks:
        block_rows: Any = getattr(block, "rows", ())
        rows += [tuple(cell.text for cell in row) for row in block_rows]
        rows += [("samples of this run", "left open", text) for text in getattr(block, "items", ())]
    return Sheet("Not assessed", columns, rows)


def _about(view: View, sheets: Sequence[Sheet]) -> Sheet:
    config, provenance = view.study.config, view.provenance
    columns = (
        SheetColumn("topic", width=16),
        SheetColumn("name", width=34),
        SheetColumn("words", width=110),
    )
    rows: Rows = [
        ("run", "id", config.run.id),
        ("run", "date (from the config)", config.run.date.isoformat()),
        ("run", "genome", config.reference.name),
        ("run", "vectors", ", ".join(sorted(config.vectors))),
        ("run", "software", f"integrasite {provenance.version}"),
        ("run", "sample sheet (SHA-256)", provenance.sheet_sha256),
        ("run", "config (SHA-256)", provenance.config_sha256),
        ("run", "other checksums, versions, thresholds", "run.json, beside this file"),
        ("reading", "missing", "an empty cell: not known or not measured, never zero"),
        ("reading", "percent", "fractions are shown in percent; the cells hold numbers from 0 to 1"),
        ("reading", "text", "every cell of text is text, also where it begins with =, +, - or @; letters that a "
         "spreadsheet cannot hold are shown as \ufffd"),
        *(("sheet", sheet.title, _size(sheet)) for sheet in sheets),
        *(
            (f"column of {sheet.title}", column.title, column.meaning)
            for sheet in sheets for column in sheet.columns
        ),
        *(("limits", None, text) for text in LIMITATIONS),
    ]  # fmt: skip
    return Sheet("About", columns, rows)


def _size(sheet: Sheet) -> str:
    parts = [plural(len(sheet.rows), "row"), f"all rows and columns: {sheet.rest}" if sheet.rest else ""]
    return "; ".join(filter(None, parts))


def workbook_sheets(view: View) -> list[Sheet]:
    """The sheets of the run's workbook; equal tables and config give equal sheets."""
    amplicons = [_answers(view), _specimens(view), _clones(view), _flags(view)]
    sheets = [*amplicons, *_tumour(view), _not_assessed(view)]
    return [*sheets, _about(view, sheets)]
