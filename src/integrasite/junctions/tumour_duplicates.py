"""Read pairs to distinct fragments: copies of one molecule begin and end at the same bases.

Both strands of a molecule are one fragment. Ends that fit several host places are compared by their bases instead.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from integrasite.junctions.tumour_call import End, FragmentCall

_MOST_UNLIKE = 3
"""Differing bases among the first 24 of an end at which two copies are still one molecule: read errors make 0.1."""
_KEY_BASES = 12
_Key = tuple[object, ...]


def _known(end: End) -> _Key:
    """What of an end copies share exactly."""
    return () if end.letter == "" else (end.letter, end.contig, end.is_forward, end.place)


def _key(call: FragmentCall) -> _Key:
    ends = sorted(call.ends, key=lambda end: (repr(_known(end)), end.bases))
    known = tuple(_known(end) for end in ends)
    if any(known):
        return known
    return (*known, min(end.bases[:_KEY_BASES] for end in ends))


def _are_alike(one: End, other: End) -> bool:
    if one.letter != other.letter:
        return False
    if one.letter:
        return _known(one) == _known(other)
    shared = min(len(one.bases), len(other.bases))
    first, second = (np.frombuffer(end.bases[:shared], np.uint8) for end in (one, other))
    return int(np.count_nonzero((first != second) & (first < 4) & (second < 4))) <= _MOST_UNLIKE


def _are_copies(one: FragmentCall, other: FragmentCall) -> bool:
    a, b = one.ends
    c, d = other.ends
    return (_are_alike(a, c) and _are_alike(b, d)) or (_are_alike(a, d) and _are_alike(b, c))


def _split(calls: list[FragmentCall]) -> Iterator[list[FragmentCall]]:
    """Calls that agree in their known ends, by the bases of the others."""
    if all(end.letter for end in calls[0].ends):
        yield calls
        return
    groups: list[list[FragmentCall]] = []
    for call in calls:
        group = next((group for group in groups if _are_copies(group[0], call)), None)
        if group is None:
            groups.append([call])
        else:
            group.append(call)
    yield from groups


def _best(calls: list[FragmentCall]) -> FragmentCall:
    """The copy that stands for all: among those that say what most say, the best read one."""
    votes = Counter(call.signature for call in calls)
    most = max(votes.values())
    leading = [call for call in calls if votes[call.signature] == most]
    return min(leading, key=lambda call: (-call.quality, -round(call.score, 6), call.name))


def collapse_duplicates(calls: Sequence[FragmentCall]) -> list[tuple[FragmentCall, int]]:
    """Distinct fragments with their numbers of copies, in an order that depends on no order of reads.

    Args:
        calls: all read pairs.
    """
    buckets: dict[_Key, list[FragmentCall]] = {}
    for call in sorted(calls, key=lambda call: (-call.quality, call.name)):
        buckets.setdefault(_key(call), []).append(call)
    found = [(_best(group), len(group)) for bucket in buckets.values() for group in _split(bucket)]
    return sorted(found, key=lambda item: item[0].name)
