"""What of a vector integrates: the provirus of a plasmid, and what can be wrong with it."""

from dataclasses import dataclass

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.model.sites import TSD_LENGTH
from integrasite.simulate.sequences import decode
from integrasite.simulate.tumour_scenario import TumourSite, VectorChoice
from integrasite.simulate.vector import ltr_length

_FAMILIES = (
    ("TGGCGCCCGAACAG", "TGGAAGGGCTAATT"),
    ("TGGGGGCTCGTCC", "TGAAAGACCCC"),
    ("TGGAGGTTCCACC", "TGAAAGACCCC"),
)
"""Primer-binding site and first bases of U3 that belong together: HIV-1 (lysine-3), MLV (proline, glutamine)."""
_LONGEST_LTR = 1000
_SHORTEST_MATCH = 40
"""Bases that the two LTRs of a plasmid must have in common."""


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


def provirus_of_plasmid(plasmid: Codes) -> Codes:
    """LTR to LTR, as reverse transcription makes it of the plasmid's transcript.

    Both LTRs come out as U3 of the plasmid's 3' LTR, then R and U5 of its 5' LTR: U3 ends and R begins where the
    longest stretch that the two LTRs share begins. So a 5' LTR whose U3 is a foreign promoter and a 3' LTR that
    lacks U5 are both right.

    Args:
        plasmid: circular, on the strand of the vector's transcript, from any first base.

    Returns:
        The provirus; empty if there is no primer-binding site with an LTR before it and a U3 behind it.
    """
    text = decode(plasmid)
    for binding_site, u3_start in _FAMILIES:
        at = (text + text[: len(binding_site)]).find(binding_site)
        if at < 0:
            continue
        turn = (at - _LONGEST_LTR) % len(text)
        rotated = text[turn:] + text[:turn]
        found = _assemble(rotated, rotated.find(binding_site), u3_start)
        if found:
            return encode(found)
    return np.zeros(0, np.uint8)


def _assemble(text: str, binding_site: int, u3_start: str) -> str:
    """Put the provirus together from a plasmid turned so that the 5' LTR lies before `binding_site`."""
    u5_end = text.rfind("CA", max(binding_site - 6, 0), binding_site) + 2
    u3 = text.rfind(u3_start, binding_site)
    if u5_end < 2 or u3 < 0:
        return ""
    five, three = text[max(u5_end - _LONGEST_LTR, 0) : u5_end], text[u3 : u3 + _LONGEST_LTR]
    in_five, in_three, length = _longest_shared(five, three)
    if length < _SHORTEST_MATCH:
        return ""
    ltr = three[:in_three] + five[in_five:]
    return ltr + text[u5_end:u3] + ltr


def _longest_shared(one: str, other: str) -> tuple[int, int, int]:
    """Start in each, and length, of the longest stretch that two sequences share."""
    a, b = encode(one), encode(other)
    run = np.zeros(b.size + 1, np.int64)
    best = (0, 0, 0)
    for i in range(a.size):
        run[1:] = np.where(b == a[i], run[:-1] + 1, 0)
        length = int(run.max())
        if length > best[2]:
            best = (i + 1 - length, int(run.argmax()) - length, length)
    return best


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
