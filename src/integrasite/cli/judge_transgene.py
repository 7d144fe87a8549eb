"""`integrasite judge-transgene`: is the vector there, in every tumour sample of a study."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.calling import Calling
    from integrasite.kernels.codes import Codes
    from integrasite.model.library import Library
    from integrasite.transgene.vector_map import VectorMap


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--tumour", type=Path, required=True, help="folder with one folder per tumour sample (RESULTS/tumour)"
    )
    parser.add_argument(
        "--vectors",
        type=Path,
        help="folder written by `integrasite prepare-vectors` (default: TUMOUR/vectors)",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        nargs="?",
        help="JSON written by `integrasite index`; captures need it for copies",
    )
    parser.add_argument(
        "--tumour-sites",
        type=Path,
        nargs="*",
        default=[],
        metavar="PARQUET",
        help="tumour sites of all subjects, written by `integrasite size-junctions`; without them no clonality",
    )
    parser.add_argument(
        "--differences", type=Path, help="TSV to write: bases in which reads differ from the vector"
    )
    parser.add_argument("--coverage", type=Path, help="TSV to write: copies along the vectors")
    parser.add_argument("--structure", type=Path, help="TSV to write: deletions, inversions, truncations")
    parser.add_argument("--threads", type=int, default=1, help="threads of the aligner; change no result")
    add_output(parser, "TSV of verdicts to write")


def run(arguments: argparse.Namespace) -> int:
    """Judge all samples."""
    import pandas as pd

    from integrasite.config.read import load_study
    from integrasite.io.tables import concat_tables, read_parquet, write_tsv
    from integrasite.model.tables import (
        TRANSGENE,
        TRANSGENE_COVERAGE,
        TRANSGENE_STRUCTURE,
        TUMOUR_SITES,
        VECTOR_DIFFERENCES,
    )
    from integrasite.transgene.judge import judge_samples
    from integrasite.transgene.judge_copies import add_copies
    from integrasite.transgene.site_depth import name_depth_at_sites, with_depth_at_sites
    from integrasite.transgene.vector_map import VectorMap, load_vector_map

    study = load_study(arguments.config)
    calling = study.config.calling
    folder = arguments.vectors or arguments.tumour / "vectors"
    vectors = load_vector_map(folder) if study.tumour_libraries else VectorMap(())
    sites = concat_tables((read_parquet(path, TUMOUR_SITES) for path in arguments.tumour_sites), TUMOUR_SITES)
    bases = _genome_bases(arguments.reference)
    judged, measured, differences, at_sites = [], [], [], []
    for library in study.tumour_libraries:
        files = SampleFiles(arguments.tumour, library)
        found = _reads_say(files, vectors, calling, arguments.threads)
        own = files.judged(calling, found[0])
        judged.append(with_depth_at_sites(own, files.counts))
        if judged[-1] is not own:
            at_sites.append(library.sample)
        measured.append(files.measured(sites, calling, bases, vectors))
        differences.append(found[1])
    table = judge_samples(judged, vectors, study.config.transgene, calling)
    table = name_depth_at_sites(table, at_sites)
    tables = add_copies(table, measured, vectors, calling)
    differing: pd.DataFrame = concat_tables(differences, VECTOR_DIFFERENCES)
    for path, frame, kind in (
        (arguments.differences, differing, VECTOR_DIFFERENCES),
        (arguments.coverage, tables.coverage, TRANSGENE_COVERAGE),
        (arguments.structure, tables.structure, TRANSGENE_STRUCTURE),
        (arguments.output, tables.transgene, TRANSGENE),
    ):
        if path is not None:
            write_tsv(frame, path, kind)
    for row in tables.transgene.itertuples():
        log(f"{row.sample}, {row.vector}: {row.verdict}: {row.reason}")
    return 0


def _genome_bases(reference: Path | None) -> int:
    import json

    from integrasite.align.reference import load_reference
    from integrasite.io.text import read_text

    if reference is None:
        return 0
    place = json.loads(read_text(reference, "reference description"))["reference"]
    return sum(load_reference(reference.parent / place).contigs.values())


class SampleFiles:
    """The files of one tumour sample.

    Args:
        tumour: folder of all samples.
        library: row of the sheet.
    """

    def __init__(self, tumour: Path, library: "Library") -> None:
        import json

        from integrasite.io.tables import read_parquet
        from integrasite.io.text import read_text
        from integrasite.model.tables import TUMOUR_FRAGMENTS, TUMOUR_JUNCTIONS

        self.library = library
        self._stem = tumour / library.sample / library.sample
        self.fragments = read_parquet(self.path("fragments.parquet"), TUMOUR_FRAGMENTS)
        self.junctions = read_parquet(self.path("junctions.parquet"), TUMOUR_JUNCTIONS)
        self.summary: dict[str, Any] = json.loads(
            read_text(self.path("recruit.json"), "summary of recruited reads")
        )

    def path(self, ending: str) -> Path:
        """One file of the sample."""
        return self._stem.parent / f"{self._stem.name}.{ending}"

    @property
    def counts(self) -> "pd.DataFrame":
        """Fragments at the subject's sites, as far as they were counted."""
        from integrasite.io.tables import empty_table, read_parquet
        from integrasite.model.tables import SITE_COUNTS

        path = self.path("site_counts.parquet")
        return read_parquet(path, SITE_COUNTS) if path.is_file() else empty_table(SITE_COUNTS)

    def judged(self, calling: "Calling", product: str) -> Any:
        """As it is judged."""
        from integrasite.transgene.judge import sample_of

        return sample_of(self.library, self.fragments, self.junctions, self.summary, calling, product)

    def measured(self, sites: "pd.DataFrame", calling: "Calling", bases: int, vectors: "VectorMap") -> Any:
        """As its copies are measured."""
        from integrasite.io.tables import read_parquet
        from integrasite.model.tables import HOST_DEPTH
        from integrasite.transgene.copies_depth import measure_host
        from integrasite.transgene.judge_copies import MeasuredSample

        loci = read_parquet(self.path("host_depth.parquet"), HOST_DEPTH)
        host = measure_host(
            self.summary,
            loci,
            calling,
            assay=self.library.assay,
            genome_bases=bases,
            controls=vectors.controls,
        )
        own = sites[sites["sample"] == self.library.sample]
        return MeasuredSample(self.library, self.fragments, own, host)

    def reads(self, names: set[str]) -> "dict[str, list[Codes]]":
        """Bases of recruited reads, by name."""
        from integrasite.io.named_reads import read_named

        second = self.path("recruited_R2.fastq.gz") if self.summary["is_paired"] else None
        return {
            name: [one[0]] + ([other[0]] if other is not None else [])
            for name, one, other in read_named(self.path("recruited_R1.fastq.gz"), second)
            if name in names
        }


def _reads_say(
    files: SampleFiles, vectors: "VectorMap", calling: "Calling", threads: int
) -> "tuple[str, pd.DataFrame]":
    """The product that the reads are like, and bases in which they differ from the vectors."""
    import tempfile

    from integrasite.align.tumour import vector_hits
    from integrasite.transgene.differences import (
        differences_of,
        product_in_reads,
        representatives,
    )
    from integrasite.transgene.targets import make_targets

    asked = representatives(files.fragments)
    reads = files.reads(set(asked["name"]))
    # in the order of the fragments, whatever the order of the file
    product = product_in_reads(read for name in asked["name"] for read in reads.get(name, []))
    targets = make_targets(vectors, files.library.vectors)
    chosen = asked[asked["vector"].isin(files.library.vectors)]
    wanted = [
        (vector, reads.get(name, []))
        for name, vector in chosen[["name", "vector"]].astype(str).itertuples(index=False)
    ]
    with tempfile.TemporaryDirectory(prefix="integrasite-") as folder:
        hits = vector_hits([read for _, own in wanted for read in own], targets, Path(folder), threads)
    return product, differences_of(files.library.sample, wanted, hits, targets, vectors, calling)
