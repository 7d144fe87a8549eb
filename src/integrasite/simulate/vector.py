"""A made-up lentiviral provirus: true landmarks (a few short motifs), random everything else."""

from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes, encode
from integrasite.simulate.sequences import random_bases

U3_START = "TGGAAGGGCTAATTCACTCC"
R_START = "GGGTCTCTCTGGTTAGACC"
U5_END = "CCCTTTTAGTCAGTGTGGAAAATCTCTAGCA"
PBS = "TGGCGCCCGAACAGGGAC"
PPT = "AAAAGAAAAGGGGGGA"


@dataclass(frozen=True)
class Element:
    """A named part of the vector, 0-based half-open."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class SyntheticVector:
    """The provirus from the first base of the 5' LTR to the last of the 3' LTR."""

    codes: Codes
    elements: tuple[Element, ...]

    def element(self, name: str) -> Element:
        """The first element of that name."""
        return next(element for element in self.elements if element.name == name)


def simulate_vector(rng: np.random.Generator, promoter: Codes) -> SyntheticVector:
    """Build a self-inactivating provirus of about 3.4 kb.

    Args:
        rng: source of the random parts.
        promoter: host sequence that the vector carries as its internal promoter, as real vectors do.

    Returns:
        The sequence with its elements. As real proviruses do, it has one base between U5 and the
        primer-binding site (G) and one between the polypurine tract and U3 (C).
    """
    ltr = _ltr(rng)
    parts = [
        ("5' LTR", ltr),
        ("", encode("G")),
        ("PBS", encode(PBS)),
        ("psi", random_bases(rng, 150, 0.5)),
        ("RRE", random_bases(rng, 234, 0.45)),
        ("cPPT", encode("TTTTAAAAGAAAAGGGGGGATTGGGGGGTACAGTGCAGGGGAAAG")),
        ("promoter", promoter),
        ("transgene", random_bases(rng, 1400, 0.55)),
        ("PRE", random_bases(rng, 500, 0.5)),
        ("PPT", encode(PPT)),
        ("", encode("C")),
        ("3' LTR", ltr),
    ]
    elements, at = [], 0
    for name, codes in parts:
        if name:
            elements.append(Element(name, at, at + codes.size))
        at += codes.size
    return SyntheticVector(np.concatenate([codes for _, codes in parts]), tuple(elements))


def _ltr(rng: np.random.Generator) -> Codes:
    """U3 (shortened, as in self-inactivating vectors), R and U5."""
    pieces = [encode(U3_START), random_bases(rng, 34), encode(R_START), random_bases(rng, 77, 0.5)]
    return np.concatenate([*pieces, random_bases(rng, 53, 0.5), encode(U5_END)])
