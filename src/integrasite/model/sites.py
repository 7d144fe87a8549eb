"""Coordinates of integration sites: the one module that converts between reads, sites and intervals.

Internal positions are 0-based; `position` is 1-based and only ever a label for people.
"""

from enum import StrEnum

TSD_LENGTH = {"lentivirus": 5, "gammaretrovirus": 4, "piggybac": 4, "sleeping-beauty": 2}
"""Length in bp of the target-site duplication, by kind of vector (HIV-1 5, MLV 4, TTAA, TA)."""


class VectorEnd(StrEnum):
    """The vector end that the junction read starts in."""

    U5 = "U5"
    U3 = "U3"
    ITR3 = "ITR3"
    ITR5 = "ITR5"

    @property
    def is_three_prime(self) -> bool:
        """Whether this is the end that `position` is defined by (U5 of the 3' LTR; ITR3 of a transposon)."""
        return self in (VectorEnd.U5, VectorEnd.ITR3)


def junction_to_site(
    first_host_base0: int, read_is_forward: bool, vector_end: VectorEnd, tsd: int
) -> tuple[int, bool]:
    """Convert the first host base of a junction read to the site's 0-based position and orientation.

    Args:
        first_host_base0: 0-based host base joined to the vector end.
        read_is_forward: whether the read (vector towards host) aligns to the forward strand.
        vector_end: the end that the read starts in.
        tsd: length of the target-site duplication, bp.

    Returns:
        `(position0, is_forward)`: the host base joined to the U5 end, and whether the vector lies on the + strand.
    """
    if vector_end.is_three_prime:
        return first_host_base0, read_is_forward
    if read_is_forward:  # the vector lies on the - strand
        return first_host_base0 + (tsd - 1), False
    return first_host_base0 - (tsd - 1), True


def duplicated_interval(position0: int, is_forward: bool, tsd: int) -> tuple[int, int]:
    """The target-site duplication as a 0-based half-open interval."""
    return (position0, position0 + tsd) if is_forward else (position0 + 1 - tsd, position0 + 1)


def strand_word(is_forward: bool) -> str:
    """`+` or `-`."""
    return "+" if is_forward else "-"


def site_label(contig: str, position0: int, is_forward: bool) -> str:
    """The label `contig:position:strand` that people read; nothing parses it."""
    return f"{contig}:{position0 + 1}:{strand_word(is_forward)}"
