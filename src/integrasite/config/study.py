"""A study: config and sheet read, paths resolved, rows grouped."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from integrasite.config.settings import Config, Protocol, Vector
from integrasite.errors import SheetError
from integrasite.model.library import DNA_ASSAYS, Library, Source


@dataclass(frozen=True)
class Study:
    """Everything that config and sheet say, with paths resolved against the file that names them."""

    path: Path
    config: Config
    libraries: tuple[Library, ...]

    def resolve(self, name: str) -> Path:
        """A path of the config, relative to the config file."""
        return self.path.parent / name

    @property
    def genome(self) -> Path:
        """The host genome's FASTA."""
        return self.resolve(self.config.reference.genome)

    @property
    def annotation(self) -> Path:
        """The host's genes."""
        return self.resolve(self.config.reference.annotation)

    @property
    def blacklist(self) -> Path | None:
        """Regions whose sites are set aside."""
        return self.resolve(self.config.reference.blacklist) if self.config.reference.blacklist else None

    @cached_property
    def amplicon_libraries(self) -> tuple[Library, ...]:
        """The rows of the amplicon road."""
        return tuple(library for library in self.libraries if library.assay == "amplicon")

    @cached_property
    def tumour_libraries(self) -> tuple[Library, ...]:
        """The rows of the tumour road."""
        return tuple(library for library in self.libraries if library.assay != "amplicon")

    @cached_property
    def tumour_subjects(self) -> tuple[str, ...]:
        """Subjects with tumour samples that show where a vector sits (DNA), in sheet order."""
        return tuple(dict.fromkeys(row.subject for row in self.tumour_libraries if row.assay in DNA_ASSAYS))

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Amplicon rows grouped by the files that they name, in sheet order."""
        groups: dict[tuple[tuple[Path, ...], ...], list[Library]] = {}
        for library in self.amplicon_libraries:
            groups.setdefault((library.r1, library.r2, library.i1), []).append(library)
        return tuple(Source(rows[0].sample, tuple(rows)) for rows in groups.values())

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Subjects with amplicon libraries, in sheet order."""
        return tuple(dict.fromkeys(library.subject for library in self.amplicon_libraries))

    def libraries_of(self, subject: str) -> tuple[Library, ...]:
        """Amplicon rows of one subject."""
        return tuple(library for library in self.amplicon_libraries if library.subject == subject)

    def library(self, sample: str) -> Library:
        """The row of that sample.

        Raises:
            SheetError: if the sheet has none.
        """
        for library in self.libraries:
            if library.sample == sample:
                return library
        known = ", ".join(library.sample for library in self.libraries)
        raise SheetError(f"no sample '{sample}' in the sheet (known: {known})")

    def source(self, name: str) -> Source:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def protocol_of(self, library: Library) -> Protocol:
        """The row's protocol."""
        return self.config.protocols[library.protocol]

    def linker_of(self, library: Library) -> str:
        """The row's linker, or its protocol's where the row has none."""
        return (library.linker or self.protocol_of(library).linker).upper()

    def vectors_of(self, library: Library) -> dict[str, Vector]:
        """The row's vectors."""
        return {name: self.config.vectors[name] for name in library.vectors}
