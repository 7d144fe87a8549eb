"""Small finished runs for the cohort store."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from integrasite.io.manifest import MANIFEST, output_files, record_outputs, write_manifest
from integrasite.io.tables import as_table, write_tsv
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, SITES

Row = tuple[str, str, int, int, float]
"""Subject, specimen, days, position, fraction."""
ROWS: tuple[Row, ...] = (
    ("P1", "P1_D30", 30, 100, 0.6),
    ("P1", "P1_D30", 30, 200, 0.4),
    ("P2", "P2_D30", 30, 300, 1.0),
)


def toy_clones(rows: Sequence[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["subject", "specimen", "days", "position", "fraction"])
    cells = (1000 * frame["fraction"]).round()
    return as_table(
        frame.assign(
            timepoint="D" + frame["days"].astype(str), tissue="blood", cell_type="PBMC", vector="lv", contig="chr1",
            strand="+", site_id="chr1:" + frame["position"].astype(str) + ":+", placement="unique", status="pass",
            n_replicates=1, n_reads=10, n_fragments=cells.astype(int), n_lengths=cells.astype(int), cells=cells,
            cells_low=cells * 0.9, cells_high=cells * 1.1, fraction_low=frame["fraction"] * 0.9,
            fraction_high=(frame["fraction"] * 1.1).clip(upper=1), estimator="sonic", saturated=False,
            p_ge_10=(frame["fraction"] > 0.1).astype(float), p_ge_20=(frame["fraction"] > 0.2).astype(float),
            p_ge_30=(frame["fraction"] > 0.3).astype(float),
        ),
        CLONES,
    )  # fmt: skip


def write_results(
    folder: Path, run: str, rows: Sequence[Row] = ROWS, *, genome: str = "hg38", sha256: str = "0" * 64
) -> Path:
    """A results folder as a finished run leaves it."""
    clones = toy_clones(rows)
    sites = clones.assign(sample=clones["specimen"], vector_end="U5")
    first = clones.drop_duplicates("site_id")
    annotation = first[["site_id"]].assign(gene="GENE" + first["position"].astype(str), in_gene=True)
    specimens = clones.drop_duplicates(["subject", "specimen"])
    flags = clones[clones["fraction"] > 0.5].assign(
        rule="dominant_30", tier=1, evidence="Large.", source="own"
    )
    for name, frame, table in (
        ("clones.tsv.gz", clones, CLONES),
        ("sites.tsv.gz", sites, SITES),
        ("annotation.tsv.gz", annotation, ANNOTATION),
        ("diversity.tsv", specimens.assign(evaluable="yes", n_sites=1), DIVERSITY),
        ("flags.tsv", flags, FLAGS),
    ):
        write_tsv(as_table(frame, table), folder / name, table)
    content = {
        "integrasite": "0",
        "run": {"id": run, "date": "2026-01-31"},
        "reference": genome,
        "settings": {"reference": {"genome": "g.fa"}},
        "inputs": {"g.fa": {"bytes": 1, "sha256": sha256}},
        "outputs": record_outputs(folder, output_files(folder)),
    }
    write_manifest(content, folder / MANIFEST)
    return folder


def snapshot(store: Path) -> dict[str, bytes]:
    """Every file of a store that a reader may see, with its bytes."""
    return {
        path.relative_to(store).as_posix(): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and not path.relative_to(store).parts[0].startswith(".")
    }
