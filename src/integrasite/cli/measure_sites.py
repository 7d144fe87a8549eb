"""`integrasite measure-sites`: fragments of one tumour sample over the junctions and the intact place of every candidate site."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.align.reference import ReferenceIndex
    from integrasite.config.calling import Calling
    from integrasite.kernels.codes import Codes
    from integrasite.reads.recruit_source import WindowReads
    from integrasite.sites.tumour_counts import SitePlaces
    from integrasite.sites.tumour_counts_places import Region
    from integrasite.sites.tumour_counts_reads import FragmentPool

_MOST_FRAGMENTS = 20_000
"""Fragments per region that are held: a 30x genome gives some hundreds, copies of its repeats up to 20 times as many."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--sample", required=True, help="row of the sheet")
    parser.add_argument(
        "--sites",
        type=Path,
        required=True,
        help="Parquet of the subject's sites, written by `integrasite call-junctions`",
    )
    parser.add_argument(
        "--multihits",
        type=Path,
        help="its Parquet of multihits; without it repeats count at their best place",
    )
    parser.add_argument(
        "--vectors", type=Path, required=True, help="folder written by `integrasite prepare-vectors`"
    )
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument("--r1", type=Path, required=True, help="reads 1 written by `integrasite recruit`")
    parser.add_argument(
        "--r2", type=Path, help="its reads 2; left out, or a file without reads, for single reads"
    )
    parser.add_argument("--threads", type=int, default=1, help="scanning threads; change no result")
    add_output(parser, "Parquet of fragments per site")


def run(arguments: argparse.Namespace) -> int:
    """Count one sample."""
    import json

    from integrasite.align.reference import load_reference
    from integrasite.config.read import load_study
    from integrasite.io.tables import empty_table, read_parquet, write_parquet
    from integrasite.io.text import read_text
    from integrasite.model.tables import MULTIHITS, SITE_COUNTS, TUMOUR_SITES
    from integrasite.reads.recruit_source import Places, ReadFiles, recruit_windows
    from integrasite.sites.tumour_counts import count_sites
    from integrasite.sites.tumour_counts_places import kept_shares

    study = load_study(arguments.config)
    library = study.library(arguments.sample)
    calling = study.config.calling
    sites = read_parquet(arguments.sites, TUMOUR_SITES)
    multihits = empty_table(MULTIHITS)
    if arguments.multihits is not None:
        multihits = read_parquet(arguments.multihits, MULTIHITS)
    if not len(sites) or library.assay == _LONG:
        why = "no candidate sites" if not len(sites) else "long reads are not counted"
        write_parquet(empty_table(SITE_COUNTS), arguments.output, SITE_COUNTS)
        log(f"{library.sample}: {why}")
        return 0
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    places, regions, windows = _places(
        sites, multihits, arguments.vectors, reference, calling, arguments.threads
    )
    files = ReadFiles(library.r1, library.r2, library.bam, reference.fasta)
    at = Places(tuple((one.contig, one.start, one.end) for one in regions), reference.contigs)
    reads = recruit_windows(files, windows, _MOST_FRAGMENTS, arguments.threads, at)[0]
    pool = _pool(reads, arguments.r1, arguments.r2)
    kept = kept_shares(places.alleles, regions, reads.kept, len(places.units))
    counts = count_sites(library.sample, places, pool, kept, library.assay == "capture", calling)
    write_parquet(counts, arguments.output, SITE_COUNTS)
    seen = (counts["n_junction_5"] + counts["n_junction_3"]) > 0
    log(
        f"{library.sample}: {len(pool)} fragments over {len(regions)} regions; {int(seen.sum())} of "
        f"{len(counts)} candidate sites are seen"
    )
    return 0


_LONG = "long-read"


def _places(
    sites: "pd.DataFrame",
    multihits: "pd.DataFrame",
    vectors: Path,
    reference: "ReferenceIndex",
    calling: "Calling",
    threads: int,
) -> tuple["SitePlaces", "list[Region]", "dict[str, Codes]"]:
    """Places of all sites, regions whose reads are collected, and their bases without repeats."""
    from integrasite.io.letters import open_letters
    from integrasite.io.windows import open_windows
    from integrasite.kernels.codes import encode
    from integrasite.sites.tumour_counts import SitePlaces, lay_out_places
    from integrasite.sites.tumour_counts_alleles import HOST
    from integrasite.sites.tumour_counts_places import host_words, mask_repeats, merge_regions, vector_like
    from integrasite.transgene.host_like import scan_host
    from integrasite.transgene.vector_map import load_vector_map

    known = {vector.name: vector for vector in load_vector_map(vectors).vectors}
    with open_windows(reference.fasta) as windows, open_letters(reference.fasta) as letters:

        def bases(contig: str, start: int, end: int) -> "Codes":
            return encode(windows(contig, start, end))

        units, alleles = lay_out_places(sites, multihits, known, bases, calling)
        regions = merge_regions(alleles)
        around = {region.name: bases(region.contig, region.start, region.end) for region in regions}
        asked = [*(allele.sequences[HOST] for allele in alleles), *around.values()]
        scan = scan_host(letters, reference.contigs, {}, asked, min_bp=calling.host_like_bp, threads=threads)
    words = host_words(alleles, scan.word_counts, vector_like(known.values()))
    masked = {name: mask_repeats(codes, scan.word_counts) for name, codes in around.items()}
    return SitePlaces(units, alleles, words), regions, masked


def _pool(reads: "WindowReads", r1: Path, r2: Path | None) -> "FragmentPool":
    """Fragments of the windows and those with vector bases."""
    from integrasite.io.fastq import read_texts
    from integrasite.sites.tumour_counts_reads import index_text, pool_fragments

    none = index_text(b"")
    parts = [(index_text(reads.first), index_text(reads.second))]
    is_paired = r2 is not None and any(True for _ in read_texts((r2,), ()))
    for texts in read_texts((r1,), (r2,) if is_paired and r2 is not None else ()):
        parts.append((texts[0], texts[1] if is_paired else none))
    return pool_fragments(parts)
