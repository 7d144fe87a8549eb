"""Which way round each source's index reads were read, for `run.json` and the report."""

from contextlib import closing

from integrasite.config.study import Study
from integrasite.io.fastq import read_batches
from integrasite.model.library import Source
from integrasite.reads.orientation import IndexOrientation, detect_orientation
from integrasite.reads.source import load_source


def index_orientations(study: Study) -> dict[str, IndexOrientation]:
    """Per source that is told apart by barcodes, what the first batch of its reads says.

    The reads stage decides by the same batch, so this is what it did. Sources whose files are no longer
    there are left out.

    Raises:
        DataError: if a file is damaged.
    """
    return {
        source.name: _of_source(study, source)
        for source in study.sources
        if source.i1 and any(row.barcode for row in source.libraries)
        if all(path.is_file() for path in (*source.r1, *source.r2, *source.i1))
    }


def _of_source(study: Study, source: Source) -> IndexOrientation:
    reads = load_source(study, source)
    with closing(read_batches(reads.junction, reads.linker, reads.index)) as batches:  # type: ignore[type-var]
        first = next(batches, None)
    return IndexOrientation() if first is None else detect_orientation(first, reads.patterns)
