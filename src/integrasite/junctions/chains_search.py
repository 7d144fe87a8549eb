"""Short anchors that an aligner cannot find: the vector's ends beside host bases, and host bases near the mate."""

from collections.abc import Sequence

import numpy as np

from integrasite.align.tumour_targets import Target
from integrasite.junctions.chains import Bases, Segment, make_segment
from integrasite.junctions.tumour_reads import Floats, Part
from integrasite.kernels.codes import Codes

END_ANCHOR = 10
"""Fewest matching bases of a complete vector end: chance makes them once in a million places."""
EXPECTED_ANCHOR = 6
"""As `END_ANCHOR`, where the mate lies in the vector and says which end it is: chance makes them once in 500."""
_NEAR_SCORE = 8.5
"""Least score of host bases looked for near the mate: a thousand places are tried (5 bases)."""
_NEAR_LEAD = 3.0
"""Points by which the best place near the mate must lead, or else all that do not trail by more are kept."""
_NEAR_REPEAT, _MOST_NEAR = 18.0, 12
"""Score from which several places near the mate are kept (a site in a tandem repeat), and how many at most."""
_BEFORE, _BEHIND = 12, 6
"""How far host bases that happen to match the vector can have pushed the end of a host segment, and how far errors pull it."""
_UNSEEN = 5
_LONGEST_ANCHOR = 60
_BEST_ENDS = 3
_FEW_PLACES = 5


def mend_parts(
    parts: Sequence[Part],
    segments: Sequence[list[Segment]],
    targets: Sequence[Target],
    bases: dict[bool, Bases],
    max_length: int,
) -> list[list[Segment]]:
    """Add short vector ends beside host segments, then short host anchors near the mate."""
    mended = []
    for number, (part, own) in enumerate(zip(parts, segments, strict=True)):
        expected = (
            _expected_ends(number == 0, segments[1 - number], targets, max_length)
            if len(parts) == 2
            else set()
        )
        mended.append(own + vector_ends(part, own, targets, bases[True], expected))
    if len(parts) == 2:
        for number in (0, 1):
            mate = (parts[1 - number], segments[1 - number])
            found = [
                segment
                for is_vector in (False, True)
                for segment in near_mate(
                    parts[number],
                    mended[number],
                    number == 0,
                    mate,
                    (is_vector, bases[is_vector]),
                    max_length,
                )
            ]
            mended[number] = mended[number] + found
    return mended


_Expected = tuple[int, int, bool]
"""Target, side of the part (1: right), and whether the part runs along the target there."""


def _expected_ends(
    is_left: bool, mate: Sequence[Segment], targets: Sequence[Target], max_length: int
) -> set[_Expected]:
    """Which vector end the part must show at its inner side if its mate lies in the vector near that end."""
    vectors = [s for s in mate if s.is_vector and targets[s.contig].has_ends]
    top = max((s.own_score for s in vectors), default=0.0)
    found = set()
    for segment in vectors:
        size = targets[segment.contig].codes.size
        inner = segment.end - 1 if is_left else segment.start
        place = int(segment.places[inner])
        # the mate to the right comes from the vector's begin where it runs along it, the one to the left from its end
        away = place + 1 if segment.is_forward == is_left else size - place
        if segment.own_score >= top - END_ANCHOR and away <= max_length:
            found.add((segment.contig, 1 if is_left else -1, segment.is_forward))
    return found


def _deltas(part: Part, span: slice, reference: Codes) -> Floats:
    codes = part.codes[span]
    equal = (codes == reference) & (codes < 4)
    return np.where(equal, part.gain[span], -part.cost[span])


def vector_ends(
    part: Part, segments: Sequence[Segment], targets: Sequence[Target], bases: Bases, expected: set[_Expected]
) -> list[Segment]:
    """Complete vector ends where a host segment leaves the part's end unexplained.

    Args:
        part: the read.
        segments: of the part.
        targets: vectors and plasmid parts.
        bases: of the targets.
        expected: ends that the mate asks for; fewer bases show them.
    """
    n = part.codes.size
    found = []
    seen: set[tuple[int, int]] = set()
    hosts = sorted(
        (s for s in segments if not s.is_vector), key=lambda s: (-round(s.own_score, 6), s.start, s.end)
    )
    for host in hosts:
        for side, edge, rest in ((1, host.end, n - host.end), (-1, host.start, host.start)):
            if (
                rest < _UNSEEN
                or rest > _LONGEST_ANCHOR
                or (side, edge) in seen
                or len(seen) >= 2 * _BEST_ENDS
            ):
                continue
            seen.add((side, edge))
            for number, target in enumerate(targets):
                if target.has_ends:
                    found += _one_end(part, (number, target), (side, edge), bases, expected)
    return found


def _one_end(
    part: Part, target: tuple[int, Target], where: tuple[int, int], bases: Bases, expected: set[_Expected]
) -> list[Segment]:
    """The vector's two ends at a free end of the part (side 1: its right end), each at its best place."""
    number, sequence = target
    side, edge = where
    n = part.codes.size
    found = []
    for is_forward in (True, False):
        along = sequence.codes if is_forward else sequence.turned
        least = EXPECTED_ANCHOR if (number, side, is_forward) in expected else END_ANCHOR
        best: tuple[float, int] | None = None
        for shift in range(-_BEFORE, _BEHIND + 1):
            at = edge + side * shift
            length = n - at if side > 0 else at
            if not least <= length <= min(along.size, n):
                continue
            span = slice(at, n) if side > 0 else slice(0, at)
            wanted = along[:length] if side > 0 else along[along.size - length :]
            delta = _deltas(part, span, wanted)
            n_wrong = int((delta < 0).sum())
            if length - n_wrong < least or n_wrong > (length >= END_ANCHOR) + length // 20:
                continue
            if best is None or float(delta.sum()) > best[0] + 1e-9:
                best = (float(delta.sum()), at)
        if best is not None:
            at = best[1]
            length = n - at if side > 0 else at
            at_begin = (side > 0) == is_forward
            start = 0 if at_begin else sequence.codes.size - length
            left = side < 0  # aligned bases stand at the part's left end
            clips = (0, n - length) if left else (n - length, 0)
            clips = clips if is_forward else clips[::-1]
            cigar = [(clips[0], "S"), (length, "M"), (clips[1], "S")]
            found.append(make_segment(part, cigar, start, (True, number, is_forward), bases, is_guess=True))
    return found


def near_mate(
    part: Part, segments: Sequence[Segment], is_left: bool, mate: tuple[Part, Sequence[Segment]],
    wanted: tuple[bool, Bases], max_length: int,
) -> list[Segment]:  # fmt: skip
    """Bases at the part's inner end that belong where the mate's few best places are.

    Args:
        part: which has a vector segment that leaves its inner end unexplained.
        segments: of the part.
        is_left: whether the mate lies to its right.
        mate: the other part with its segments.
        wanted: whether to look beside the mate's vector places (then as a control) or its host places, and the bases there.
        max_length: longest fragment, bp.
    """
    is_vector, bases = wanted
    n = part.codes.size
    vectors = [s for s in segments if s.is_vector]
    if not vectors:
        return []
    reach = max(vectors, key=lambda s: (round(s.own_score, 6), s.start))
    inner = reach.end if is_left else n - reach.start
    if n - inner < END_ANCHOR:
        return []
    hosts = [s for s in mate[1] if s.is_vector == is_vector]
    top = max((s.own_score for s in hosts), default=0.0)
    hosts = [s for s in hosts if s.own_score >= top - END_ANCHOR]
    if not 0 < len(hosts) <= _FEW_PLACES:
        return []
    found = []
    for host in hosts:
        if any(
            _is_near(s, host, is_left, n, mate[0].codes.size, max_length)
            for s in segments
            if s.is_vector == is_vector
        ):
            continue
        found += _search(part, inner, is_left, (host, mate[0].codes.size), bases, max_length)
    return found


def _is_near(segment: Segment, host: Segment, is_left: bool, n: int, n_mate: int, max_length: int) -> bool:
    """Whether a host segment that is known pairs with the mate's."""
    if (segment.contig, segment.is_forward) != (host.contig, host.is_forward):
        return False
    left, right = (
        (segment.places[0], host.places[n_mate - 1]) if is_left else (host.places[0], segment.places[n - 1])
    )
    step = int(right - left) if host.is_forward else int(left - right)
    reaches_end = segment.end >= n - _UNSEEN if is_left else segment.start <= _UNSEEN
    return 0 < step < max_length and reaches_end


def _search(
    part: Part, inner: int, is_left: bool, mate: tuple[Segment, int], bases: Bases, max_length: int
) -> list[Segment]:
    host, n_mate = mate
    n = part.codes.size
    length = min(n - inner + _BEFORE, n)
    # the host runs along the fragment or against it; the window is what the fragment can show beside the mate
    if is_left:
        far = int(host.places[n_mate - 1])
        window = (far - max_length, far + 1) if host.is_forward else (far, far + max_length + 1)
    else:
        far = int(host.places[0])
        window = (far, far + max_length + 1) if host.is_forward else (far - max_length, far + 1)
    reference = bases(host.contig, *window)
    if not host.is_forward:
        reference = np.where(reference < 4, 3 - reference, 4)[::-1].astype(np.uint8)
    span = slice(n - length, n) if is_left else slice(0, length)
    views = np.lib.stride_tricks.sliding_window_view(reference, length)
    equal = (views == part.codes[span]) & (views < 4)
    delta = np.where(equal, part.gain[span], -part.cost[span])
    sums = np.cumsum(delta[:, ::-1] if is_left else delta, axis=1)
    scores = sums.max(axis=1)
    near = np.flatnonzero(scores >= max(float(scores.max()) - _NEAR_LEAD, _NEAR_SCORE))
    if near.size > 1 and (scores.max() < _NEAR_REPEAT or near.size > _MOST_NEAR):
        return []
    found = []
    for best in near.tolist():
        aligned = int(sums[best].argmax()) + 1
        # offset of the aligned bases in the window as it lies on the contig
        at = best + (length - aligned if is_left else 0)
        start = window[0] + at if host.is_forward else window[1] - at - aligned
        clips = (n - aligned, 0) if is_left else (0, n - aligned)
        clips = clips if host.is_forward else clips[::-1]
        cigar = [(clips[0], "S"), (aligned, "M"), (clips[1], "S")]
        found.append(
            make_segment(
                part, cigar, start, (host.is_vector, host.contig, host.is_forward), bases, is_guess=True
            )
        )
    return found
