"""Where a fragment's reads go on in the vector elsewhere than the provirus does: breakpoints between vector and vector."""

from collections.abc import Sequence
from typing import NamedTuple

from integrasite.align.tumour_targets import Target
from integrasite.junctions.chains import Chain


class VectorJoin(NamedTuple):
    """Two vector bases that lie side by side in a read, the lower one first.

    Attributes:
        position: one-LTR coordinate of the lower base.
        direction: where its sequence goes on, away from the breakpoint: +1 to higher coordinates, -1 to lower.
        other_position: of the higher base.
        other_direction: of its sequence.
    """

    position: int
    direction: int
    other_position: int
    other_direction: int

    def __str__(self) -> str:
        one, other = ("+" if step > 0 else "-" for step in (self.direction, self.other_direction))
        return f"{self.position}{one}:{self.other_position}{other}"


def read_join(text: str) -> VectorJoin:
    """The inverse of `str`."""
    one, other = text.split(":")
    steps = {"+": 1, "-": -1}
    return VectorJoin(int(one[:-1]), steps[one[-1]], int(other[:-1]), steps[other[-1]])


def vector_joins(chains: Sequence[Chain | None], targets: Sequence[Target], main: int) -> tuple[str, ...]:
    """The breakpoints that a fragment's reads show within one vector, each once.

    Args:
        chains: of the chosen explanation.
        targets: by number.
        main: number of the vector.
    """
    found = set()
    for chain in chains:
        if chain is None:
            continue
        for number, joint in enumerate(chain.joints):
            left, right = chain.segments[number], chain.segments[number + 1]
            if not (left.is_vector and right.is_vector and left.contig == right.contig == main):
                continue
            size = targets[main].size
            one = (int(left.places[joint.left_end - 1]) % size, -1 if left.is_forward else 1)
            other = (int(right.places[joint.right_start]) % size, 1 if right.is_forward else -1)
            found.add(VectorJoin(*min(one, other), *max(one, other)))
    return tuple(str(join) for join in sorted(found))
