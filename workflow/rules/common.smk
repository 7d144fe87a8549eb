import re
import shlex
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.3")

from integrasite.config.read import load_study
from integrasite.errors import IntegrasiteError
from integrasite.reads.source import n_chunks


def get_config_path():
    """The config given with --configfile, which stands alone; otherwise the demo's."""
    given = [Path(path).resolve() for path in workflow.config_settings.configfiles]
    if len(given) > 1:
        sys.exit("integrasite: give one --configfile; configs are never merged")
    return given[0] if given else Path(workflow.current_basedir).parent.parent / "config" / "config.yaml"


# Rules call `integrasite`, which lies beside the Python that runs Snakemake, whether or not that folder is on PATH.
shell.prefix(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"; ')

CONFIG = get_config_path()
try:
    STUDY = load_study(CONFIG)
except IntegrasiteError as error:
    sys.exit(f"integrasite: {error}")

RESULTS = STUDY.config.results.rstrip("/")
SOURCES = {source.name: source for source in STUDY.sources}
SUBJECTS = list(STUDY.subjects)


wildcard_constraints:
    source="|".join(map(re.escape, SOURCES)) or "none",
    subject="|".join(map(re.escape, SUBJECTS)) or "none",
    chunk=r"\d+",


def get_source_files(wildcards):
    """The FASTQ files of a source, all lanes and reads."""
    source = SOURCES[wildcards.source]
    return [str(path) for path in (*source.r1, *source.r2, *source.i1)]


def get_vector_files():
    """The sequence files of all vectors."""
    return [str(STUDY.resolve(vector.sequence)) for vector in STUDY.config.vectors.values()]


def get_reference_folder(wildcards, output):
    """Where indexed references are kept and found again."""
    shared = STUDY.config.reference.index
    return STUDY.resolve(shared) if shared else Path(output[0]).parent


def get_chunks(wildcards):
    """The usable reads of all chunks of a source."""
    n = n_chunks(STUDY, SOURCES[wildcards.source])
    return [
        f"{RESULTS}/reads/{wildcards.source}/{wildcards.source}.{chunk}.reads.parquet" for chunk in range(n)
    ]


def get_discordant(wildcards):
    """The discordant pairs of all chunks of a source."""
    n = n_chunks(STUDY, SOURCES[wildcards.source])
    return [
        f"{RESULTS}/reads/{wildcards.source}/{wildcards.source}.{chunk}.discordant.parquet"
        for chunk in range(n)
    ]


def get_all_crosstalk():
    """The crosstalk rows of all sources."""
    return [f"{RESULTS}/reads/{name}/{name}.crosstalk.parquet" for name in SOURCES]


def get_all_read_ledgers():
    """The ledger parts of the reads stage, all sources and chunks."""
    return [
        f"{RESULTS}/reads/{name}/{name}.{chunk}.ledger.parquet"
        for name, source in SOURCES.items()
        for chunk in range(n_chunks(STUDY, source))
    ]


def get_aligned(wildcards):
    """Inserts, molecules and places of the sources that hold a subject's libraries."""
    names = [
        name
        for name, source in SOURCES.items()
        if any(library.subject == wildcards.subject for library in source.libraries)
    ]
    return [
        f"{RESULTS}/aligned/{name}/{name}.{kind}.parquet"
        for name in names
        for kind in ("inserts", "molecules", "places")
    ]


def get_called(kind):
    """One table of every subject."""
    return [f"{RESULTS}/called/{subject}/{subject}.{kind}.parquet" for subject in SUBJECTS]


def get_called_folder(wildcards, input):
    """Where the subjects' called tables lie, a folder each."""
    return Path(input.sites[0]).parents[1]


def get_final_outputs():
    """Everything that users get."""
    names = [
        "run.json",
        "ledger.tsv",
        "crosstalk.tsv",
        "contamination.tsv",
        "contamination_pairs.tsv",
        "sites.tsv.gz",
        "multihits.tsv.gz",
        "clones.tsv.gz",
        "annotation.tsv.gz",
        "diversity.tsv",
        "tracking.tsv",
        "outliers.tsv",
        "same_course.tsv",
        "tests/common_sites.tsv",
        "tests/expanded_clone_enrichment.tsv",
        "tests/early_late.tsv",
        "tests/cancer_gene_proximity.tsv",
        "flags.tsv",
        "exports/sites.bed.gz",
        "report/index.html",
        "summary.json",
    ]
    return [f"{RESULTS}/{name}" for name in names]


def scale_memory(base_mb):
    """Memory that doubles with each retry."""
    return lambda wildcards, attempt: base_mb * 2 ** (attempt - 1)
