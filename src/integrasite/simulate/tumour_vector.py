"""What of a vector integrates: the provirus of a plasmid, and what can be wrong with it."""

from dataclasses import dataclass

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.model.sites import TSD_LENGTH
from integrasite.simulate.sequences import decode
from integrasite.simulate.tumour_scenario import TumourSite, VectorChoice
from integrasite.transgene.provirus import ltr_length, provirus_of_plasmid


@dataclass(frozen=True)
class TumourVector:
    """A vector as given and as it integrates.

    Attributes:
        name: in the config.
        sequence: as the file has it.
        form: `provirus` or `plasmid` (anything that is not LTR to LTR).
        kind: sets the target-site duplication.
        tsd: bases duplicated at the target.
        provirus: LTR to LTR; empty where the sequence has no LTRs and so cannot integrate.
        ltr: length of its LTR, bp; 0 where its two ends differ.
    """

    name: str
    sequence: Codes
    form: str
    kind: str
    tsd: int
    provirus: Codes
    ltr: int


def read_tumour_vector(name: str, sequence: Codes, choice: VectorChoice) -> TumourVector:
    """Work out what integrates.

    Raises:
        ConfigError: if a sequence that is called a provirus does not begin with TG and end with CA.
    """
    tsd = TSD_LENGTH[choice.kind] if choice.tsd is None else choice.tsd
    ltr = ltr_length(sequence)
    form = choice.form if choice.form != "auto" else "provirus" if ltr else "plasmid"
    if form == "provirus":
        if decode(sequence[:2]) != "TG" or decode(sequence[-2:]) != "CA":
            raise ConfigError(
                f"vector '{name}': a provirus begins with TG and ends with CA; is it a plasmid?"
            )
        return TumourVector(name, sequence, form, choice.kind, tsd, sequence, ltr)
    provirus = provirus_of_plasmid(sequence)
    return TumourVector(name, sequence, form, choice.kind, tsd, provirus, ltr_length(provirus))


def damaged_provirus(provirus: Codes, site: TumourSite, where: str) -> Codes:
    """The provirus with the site's inversion, deletion and truncation, in the vector's orientation.

    Raises:
        ConfigError: if a part lies outside the provirus or nothing is left.
    """
    for name, part in (("keep", site.keep), ("delete", site.delete), ("invert", site.invert)):
        if part is not None and not 0 <= part[0] < part[1] <= provirus.size:
            raise ConfigError(
                f"{where}: {name} {part[0]}-{part[1]} is not a part of the provirus (0-{provirus.size})"
            )
    codes = provirus.copy()
    if site.invert:
        first, last = site.invert
        codes[first:last] = reverse_complement(codes[first:last])
    kept = np.ones(codes.size, np.bool_)
    if site.delete:
        kept[site.delete[0] : site.delete[1]] = False
    if site.keep:
        kept[: site.keep[0]] = kept[site.keep[1] :] = False
    if not kept.any():
        raise ConfigError(f"{where}: nothing of the provirus is left")
    return codes[kept]
