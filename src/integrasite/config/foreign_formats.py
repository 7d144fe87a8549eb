"""The sheets of INSPIIRED, AAVengeR and VISPA2."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from integrasite.config.explain import FILL_IN, listed
from integrasite.config.foreign import Imported, ImportOptions, as_id, finish, require_columns, role_from_name
from integrasite.config.references import find_vector_end
from integrasite.config.settings import Protocol
from integrasite.config.table_text import TextTable, parse_table

_AAVENGER_NAMES = {
    "index1.seq": "index1Seq",
    "adriftRead.linker.seq": "adriftReadLinkerSeq",
    "refGenome.id": "refGenome",
}
"""Column names of older versions, and what they are called now."""

_MISSING = ("", "NA", "NaN", "NULL", "none")
_FRAGMENTATION = (("SONIC", "shear"), ("SHEAR", "shear"), ("ENZ", "restriction"), ("RESTR", "restriction"))


def import_sheet(pipeline: str, text: str, name: str, options: ImportOptions) -> Imported:
    """Turn another pipeline's sheet into rows, vectors and protocols of ours.

    Args:
        pipeline: `inspiired`, `aavenger` or `vispa2`.
        text: the sheet's content (tab- or comma-separated).
        name: the sheet's name, for messages.
        options: what the caller adds.

    Raises:
        SheetError: if it is not a sheet of that pipeline.
    """
    table = parse_table(text, name, comma=True)
    return finish(_IMPORTERS[pipeline](table, name, options), options, name)


def vector_files(pipeline: str, text: str, name: str) -> list[str]:
    """The vector files that a sheet names, as it names them."""
    column = {"inspiired": "vectorSeq", "aavenger": "vectorFastaFile"}.get(pipeline)
    rows = _rows(parse_table(text, name, comma=True))
    return list(dict.fromkeys(row[column] for row in rows if row.get(column))) if column else []


def _rows(table: TextTable) -> Iterator[dict[str, str]]:
    header = [_AAVENGER_NAMES.get(column, column) for column in table.header]
    for _, cells in table.rows:
        yield {column: "" if cell in _MISSING else cell for column, cell in zip(header, cells, strict=True)}


def _dropped(table: TextTable, used: set[str], imported: Imported) -> None:
    rest = [column for column in table.header if _AAVENGER_NAMES.get(column, column) not in used]
    if rest:
        more = f" and {len(rest) - 8} more" if len(rest) > 8 else ""
        imported.warnings.append(f"columns not carried over: {listed(rest[:8])}{more}")


def _add_vector(imported: Imported, file: str, options: ImportOptions, protocol: Protocol | None) -> str:
    """Declare a vector; whether it is a provirus or a plasmid is seen from what lies beyond its LTR end."""
    name = as_id(PurePath(file).name.rsplit(".", 1)[0]) if file else "my-vector"
    if name not in imported.vectors:
        beyond = _bases_beyond(options.sequences.get(file, ""), protocol)
        imported.vectors[name] = {
            "sequence": options.paths.get(file, file) or FILL_IN,
            "kind": "lentivirus",
            "form": "plasmid" if beyond is not None and beyond > 20 else "provirus",
        }
        imported.warnings.append(
            f"vector '{name}': taken for a lentivirus; check kind and form in the config"
        )
        if file and file not in options.sequences:
            imported.warnings.append(
                f"vector '{name}': {file} was not found beside the sheet; correct `sequence`"
            )
    return name


def _bases_beyond(sequence: str, protocol: Protocol | None) -> int | None:
    return find_vector_end(sequence, protocol) if sequence and protocol else None


def _protocol(imported: Imported, name: str, settings: dict[str, str]) -> str:
    """The name of a protocol with these settings, declared if it is new."""
    for known, other in imported.protocols.items():
        if other == settings:
            return known
    taken = len(imported.protocols)
    unique = name if name not in imported.protocols else f"{name}-{taken + 1}"
    imported.protocols[unique] = settings
    return unique


def _inspiired(table: TextTable, name: str, options: ImportOptions) -> Imported:
    needed = ("alias", "linkerSequence", "bcSeq", "primer", "ltrBit")
    require_columns(table, needed, name, "INSPIIRED")
    imported = Imported()
    for row in _rows(table):
        specimen, _, replicate = row["alias"].rpartition("-")
        if not specimen or not replicate.isdigit():
            specimen, replicate = row["alias"], "1"
        end = _guess_end(row, options)
        settings = {
            "junction_read": "R2",
            "vector_end": end or "U5",
            "primer": row["primer"].upper(),
            "ltr_end": row["ltrBit"].upper() or FILL_IN,
        }
        protocol = (
            Protocol(primer=settings["primer"], ltr_end=settings["ltr_end"], vector_end=end) if end else None
        )
        role = role_from_name(row["alias"])
        imported.rows.append(
            {
                "sample": row["alias"],
                "subject": specimen,
                "specimen": specimen,
                "assay": "amplicon",
                "barcode": row["bcSeq"].upper(),
                "linker": row["linkerSequence"].upper(),
                "protocol": _protocol(imported, f"inspiired-{(end or 'U5').lower()}", settings),
                "vector": _add_vector(imported, row.get("vectorSeq", ""), options, protocol),
                "replicate": str(int(replicate)),
                "sex": row.get("gender", ""),
                "role": role,
            }
        )
        if end is None:
            _warn_once(
                imported,
                "U5 or U3 is not named by the sheet and was not found in the vector: check vector_end",
            )
    _dropped(table, {*needed, "gender", "vectorSeq"}, imported)
    return imported


def _guess_end(row: dict[str, str], options: ImportOptions) -> str | None:
    """U5 or U3, whichever strand of the vector the primer and LTR bit lie on."""
    sequence = options.sequences.get(row.get("vectorSeq", ""), "")
    if not re.fullmatch("[ACGTacgt]+", row["ltrBit"]) or not sequence:
        return None
    for end in ("U5", "U3"):
        if (
            find_vector_end(sequence, Protocol(primer=row["primer"], ltr_end=row["ltrBit"], vector_end=end))
            is not None
        ):
            return end
    return None


def _warn_once(imported: Imported, text: str) -> None:
    if text not in imported.warnings:
        imported.warnings.append(text)


def _aavenger(table: TextTable, name: str, options: ImportOptions) -> Imported:
    needed = ("subject", "sample", "replicate", "index1Seq", "adriftReadLinkerSeq")
    renamed = TextTable(tuple(_AAVENGER_NAMES.get(column, column) for column in table.header), table.rows, ())
    require_columns(renamed, needed, name, "AAVengeR")
    imported = Imported()
    genomes: dict[str, None] = {}
    for row in _rows(table):
        mode = row.get("mode") or row.get("flags", "")
        end = "U3" if "u3" in mode.lower() else "U5"
        if "u3" not in mode.lower() and "u5" not in mode.lower():
            _warn_once(
                imported, f"flags or mode '{mode}' name neither U5 nor U3: taken for U5, check vector_end"
            )
        settings = {
            "junction_read": "R2",
            "vector_end": end,
            "primer": options.primer.upper(),
            "ltr_end": options.ltr_end.upper() or FILL_IN,
        }
        genomes.setdefault(row.get("refGenome", ""))
        imported.rows.append(
            {
                "sample": f"{row['sample']}-{row['replicate'] or '1'}",
                "subject": row["subject"],
                "specimen": row["sample"],
                "assay": "amplicon",
                "barcode": row["index1Seq"].upper(),
                "linker": row["adriftReadLinkerSeq"].upper(),
                "protocol": _protocol(imported, f"aavenger-{end.lower()}", settings),
                "vector": _add_vector(imported, row.get("vectorFastaFile", ""), options, None),
                "replicate": row["replicate"] or "1",
                "role": role_from_name(f"{row['subject']} {row['sample']}"),
            }
        )
    _finish_aavenger(imported, [genome for genome in genomes if genome], options)
    _dropped(table, {*needed, "refGenome", "vectorFastaFile", "flags", "mode"}, imported)
    return imported


def _finish_aavenger(imported: Imported, genomes: list[str], options: ImportOptions) -> None:
    imported.genome_name = genomes[0] if genomes else ""
    if len(genomes) > 1:
        imported.warnings.append(f"several genomes ({listed(genomes)}): a study has one; split the sheet")
    if not options.ltr_end:
        imported.warnings.append(
            "the LTR end stands in an HMM file, not in the sheet: fill in the protocols' primer and ltr_end, "
            "or give --primer and --ltr-end"
        )


def _vispa2(table: TextTable, name: str, options: ImportOptions) -> Imported:
    needed = ("SubjectID", "Tissue", "TimePoint", "CellMarker", "ReplicateNumber", "PoolID", "TagSequence")
    require_columns(table, needed, name, "VISPA2")
    imported = Imported()
    genomes: dict[str, None] = {}
    used = {
        "CompleteAmplificationID",
        "TimepointDays",
        "VectorID",
        "VectorType",
        "PCRMethod",
        "DNAFragmentation",
    }
    used |= {
        "concatenatePoolIDSeqRun",
        "RUN_NAME",
        "DNAngUsed",
        "VCN",
        "Genome",
        "SourceFileNameR1",
        "SourceFileNameR2",
    }
    for row in _rows(table):
        genomes.setdefault(row.get("Genome", ""))
        imported.rows.append(_vispa2_row(row, imported, options))
    found = [genome for genome in genomes if genome]
    imported.genome_name = found[0] if found else ""
    if len(found) > 1:
        imported.warnings.append(f"several genomes ({listed(found)}): a study has one; split the sheet")
    imported.warnings.append(
        "an association file names tags, not sequences: give every library its own demultiplexed r1 and r2 "
        "(or barcode and linker sequences); fill in the protocols' primer, ltr_end and linker and the vectors"
    )
    _dropped(table, {*needed, *used}, imported)
    return imported


def _vispa2_row(row: dict[str, str], imported: Imported, options: ImportOptions) -> dict[str, str]:
    days = row.get("TimepointDays") or row["TimePoint"]
    method = row.get("DNAFragmentation", "").upper()
    settings = {
        "junction_read": "R1",
        "vector_end": "U5",
        "primer": options.primer.upper(),
        "ltr_end": options.ltr_end.upper() or FILL_IN,
        "linker": "",
        "fragmentation": next((kind for word, kind in _FRAGMENTATION if word in method), "shear"),
    }
    vector = as_id(row.get("VectorID") or "my-vector")
    if vector not in imported.vectors:
        gamma = re.search(r"(?i)gamma|retro|mlv|sf91|mfg", row.get("VectorType", "")) is not None
        imported.vectors[vector] = {
            "sequence": FILL_IN,
            "kind": "gammaretrovirus" if gamma else "lentivirus",
            "form": "provirus",
        }
    return {
        "sample": row.get("CompleteAmplificationID") or f"{row['PoolID']}_{row['TagSequence']}",
        "subject": row["SubjectID"],
        "assay": "amplicon",
        "r1": row.get("SourceFileNameR1", ""),
        "r2": row.get("SourceFileNameR2", ""),
        "protocol": _protocol(imported, as_id(row.get("PCRMethod") or "vispa2").lower(), settings),
        "vector": vector,
        "timepoint": f"D{int(days)}" if days.isdigit() else days,
        "tissue": row["Tissue"],
        "cell_type": row["CellMarker"],
        "replicate": row["ReplicateNumber"],
        "run": row.get("RUN_NAME", ""),
        "pool": row.get("concatenatePoolIDSeqRun") or row["PoolID"],
        "role": role_from_name(row["SubjectID"]),
        "dna_ng": row.get("DNAngUsed", ""),
        "vcn": row.get("VCN", ""),
    }


_IMPORTERS: dict[str, Callable[[TextTable, str, ImportOptions], Imported]] = {
    "inspiired": _inspiired,
    "aavenger": _aavenger,
    "vispa2": _vispa2,
}
