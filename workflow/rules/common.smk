import atexit
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.3")

from integrasite.cli.answer import answer
from integrasite.cli.run_watch import watch_run
from integrasite.config.read import load_study
from integrasite.errors import IntegrasiteError
from integrasite.io.store_earlier import earlier_records
from integrasite.model.library import DNA_ASSAYS
from integrasite.reads.source import n_chunks


def get_config_path():
    """The config given with --configfile, which stands alone; otherwise the demo's."""
    given = [Path(path).resolve() for path in workflow.config_settings.configfiles]
    if len(given) > 1:
        sys.exit("integrasite: give one --configfile; configs are never merged")
    return given[0] if given else Path(workflow.current_basedir).parent.parent / "config" / "config.yaml"


# Rules call `integrasite`, which lies beside the Python that runs Snakemake, whether or not that folder is on PATH.
PROGRAMS = str(Path(sys.executable).parent)
shell.prefix(f'export PATH={shlex.quote(PROGRAMS)}:"$PATH"; ')
HAS_MULTIQC = (
    shutil.which("multiqc", path=os.pathsep.join([PROGRAMS, os.environ.get("PATH", "")])) is not None
)

CONFIG = get_config_path()
try:
    STUDY = load_study(CONFIG)
except IntegrasiteError as error:
    sys.exit(f"integrasite: {error}")

RESULTS = STUDY.config.results.rstrip("/")
SOURCES = {source.name: source for source in STUDY.sources}
SUBJECTS = list(STUDY.subjects)
TUMOUR_SAMPLES = {library.sample: library for library in STUDY.tumour_libraries}
TUMOUR_SUBJECTS = list(STUDY.tumour_subjects)

WATCH = watch_run()


def say_last(lines):
    """Print lines after everything that Snakemake itself says."""
    atexit.register(print, "\n".join(lines), file=sys.__stderr__, flush=True)


wildcard_constraints:
    source="|".join(map(re.escape, SOURCES)) or "none",
    subject="|".join(map(re.escape, dict.fromkeys(SUBJECTS + TUMOUR_SUBJECTS))) or "none",
    sample="|".join(map(re.escape, TUMOUR_SAMPLES)) or "none",
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


def get_aligned_folder(wildcards):
    """Where the aligned tables of all sources lie, a folder each."""
    return f"{RESULTS}/aligned"


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


def get_all_inserts_and_places():
    """Inserts and places of all sources."""
    return [
        f"{RESULTS}/aligned/{name}/{name}.{kind}.parquet"
        for name in SOURCES
        for kind in ("inserts", "places")
    ]


def get_called(kind):
    """One table of every subject with amplicon libraries."""
    return [f"{RESULTS}/called/{subject}/{subject}.{kind}.parquet" for subject in SUBJECTS]


def get_tumour_called(kind):
    """One table of every subject with tumour samples."""
    return [f"{RESULTS}/tumour_called/{subject}/{subject}.{kind}.parquet" for subject in TUMOUR_SUBJECTS]


def get_parts(wildcards):
    """The parts of one table of the run: those of the amplicon road, then those of the tumour road."""
    amplicon = [] if wildcards.table == "tumour_sites" else get_called(wildcards.table)
    return amplicon + get_tumour_called(wildcards.table)


def get_tumour_tables(kind):
    """One table of every tumour sample."""
    return [f"{RESULTS}/tumour/{sample}/{sample}.{kind}.parquet" for sample in TUMOUR_SAMPLES]


def get_judged_files():
    """What the verdict on every tumour sample rests on."""
    kinds = (
        "fragments.parquet",
        "junctions.parquet",
        "host_depth.parquet",
        "recruit.json",
        "recruited_R1.fastq.gz",
        "recruited_R2.fastq.gz",
    )
    return [f"{RESULTS}/tumour/{sample}/{sample}.{kind}" for sample in TUMOUR_SAMPLES for kind in kinds]


def get_tumour_vectors():
    """The map of the vectors, where there are tumour samples."""
    return [f"{RESULTS}/tumour/vectors/vector_map.json"] if TUMOUR_SAMPLES else []


def get_vectors_folder(wildcards, input):
    """The folder of that map, or nothing."""
    return Path(input.vectors[0]).parent if input.vectors else []


def get_tumour_folder(wildcards, output):
    """The folder of all tumour samples."""
    return Path(output.transgene).parent / "tumour"


def get_sample_files(wildcards):
    """The read files of a tumour sample, all lanes and reads, or its BAM."""
    library = TUMOUR_SAMPLES[wildcards.sample]
    return [str(path) for path in (*library.r1, *library.r2, *([library.bam] if library.bam else []))]


def get_dna_tables(kind, is_wanted):
    """One table of the DNA samples that are wanted."""
    return [
        f"{RESULTS}/tumour/{name}/{name}.{kind}.parquet"
        for name, library in TUMOUR_SAMPLES.items()
        if library.assay in DNA_ASSAYS and is_wanted(library)
    ]


def get_subject_junctions(wildcards):
    """The junction evidence of a subject's samples."""
    return get_dna_tables("junctions", lambda library: library.subject == wildcards.subject)


def get_other_junctions(wildcards):
    """The junction evidence of the other subjects' samples."""
    return get_dna_tables("junctions", lambda library: library.subject != wildcards.subject)


def get_subject_counts(wildcards):
    """Fragments at a subject's sites, in all its samples."""
    return get_dna_tables("site_counts", lambda library: library.subject == wildcards.subject)


def get_subject_table(kind):
    """A function that names one table of the subject of a sample."""

    def table_of(wildcards):
        subject = TUMOUR_SAMPLES[wildcards.sample].subject
        return f"{RESULTS}/tumour_called/{subject}/{subject}.{kind}.parquet"

    return table_of


def get_earlier_records():
    """Records of the cohort store's runs that the run is compared with: other records, another comparison."""
    if not STUDY.config.store:
        return []
    try:
        return [str(path) for path in earlier_records(STUDY)]
    except IntegrasiteError as error:
        sys.exit(f"integrasite: {error}")


def get_earlier():
    """The earlier specimens of the run's subjects, where the config names a cohort store."""
    names = ("runs.tsv", "clones.tsv.gz", "diversity.tsv", "annotation.tsv.gz")
    return [f"{RESULTS}/earlier/{name}" for name in names] if STUDY.config.store else []


def get_earlier_option():
    """The option that names their folder."""
    return f"--earlier {shlex.quote(f'{RESULTS}/earlier')}" if STUDY.config.store else ""


def get_called_folder(wildcards, input):
    """Where the subjects' called tables lie, a folder each."""
    return Path(input.sites[0]).parents[1] if input.sites else "none"


def get_qc_files():
    """What MultiQC reads; written whether or not MultiQC is installed."""
    sections = ("read_fates", "libraries", "replicates", "controls", "tumours")
    names = [f"integrasite_{name}_mqc.yaml" for name in sections]
    return [f"{RESULTS}/qc/{name}" for name in (*names, "multiqc_config.yaml")]


def get_multiqc_report():
    """MultiQC's report, where MultiQC is installed."""
    return [f"{RESULTS}/qc/multiqc_report.html"] if HAS_MULTIQC else []


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
        "population.tsv",
        "overlap.tsv",
        "diversity_at_coverage.tsv",
        "controls.tsv.gz",
        "mappability.tsv",
        "tests/common_sites.tsv",
        "tests/expanded_clone_enrichment.tsv",
        "tests/early_late.tsv",
        "tests/cancer_gene_proximity.tsv",
        "tests/not_tested.tsv",
        "flags.tsv",
        "transgene.tsv",
        "transgene_coverage.tsv",
        "transgene_structure.tsv",
        "vector_differences.tsv",
        "attribution.tsv",
        "tumour_sites.tsv.gz",
        "junctions.vcf.gz",
        "junctions.vcf.gz.tbi",
        "exports/sites.bed.gz",
        "exports/sites_tidy.tsv.gz",
        "report/index.html",
        "summary.json",
        "summary.xlsx",
    ]
    return [f"{RESULTS}/{name}" for name in names] + get_earlier() + get_qc_files() + get_multiqc_report()


def scale_memory(base_mb):
    """Memory that doubles with each retry."""
    return lambda wildcards, attempt: base_mb * 2 ** (attempt - 1)
