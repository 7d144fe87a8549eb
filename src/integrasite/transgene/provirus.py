"""What of a vector integrates: LTR to LTR of a plasmid, ITR to ITR of a transposon, and the reference with one LTR.

Coordinates are 0-based half-open on the strand of the vector's transcript. LTR proviruses begin with TG and end with CA.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, decode, encode, reverse_complement

Places = npt.NDArray[np.int64]
"""0-based bases of the sequence as given."""

_FAMILIES = (
    ("TGGCGCCCGAACAGGGAC", "TGGAAGGGCTAATTCACTCC"),
    ("TGGGGGCTCGTCCGGGAT", "TGAAAGACCCCACC"),
    ("TGGAGGTTCCACCGAGAT", "TGAAAGACCCCACC"),
)
"""Primer-binding site and first bases of U3 that belong together: HIV-1 (lysine-3), MLV (proline, glutamine)."""
_TRANSPOSON_ENDS = {"piggybac": "CCCTAGAAAGATA", "sleeping-beauty": "CAGTTGAAGTCGGAAGTTTACATAC"}
"""First bases of the outer inverted repeat: GenBank J04364 (piggyBac), and the Sleeping Beauty consensus repeat."""
_LONGEST_LTR = 2000
"""Longest LTR looked for, bp: a natural one has 600, one with an insulator 1,900."""
_SHORTEST_LTR = 21
_SHORTEST_MATCH = 40
"""Bases that the two LTRs of a plasmid must have in common; R and U5 of HIV-1 have 180, of MLV 145."""
_MOST_DIFFERENT = 0.05
"""Differing bases (share) at which the two ends of a provirus are one LTR: natural LTR pairs differ by less."""
_MOST_MISMATCHES = 3
"""Mismatches of a primer-binding site (18 bases) or the begin of U3: by chance once in 10^5 to 10^7 bases."""
_PRIMER_GAP = 12
"""Bases behind the LTR within which the primer-binding site must begin (nature: 0-3)."""
_PURINES = (16, 12)
"""A polypurine tract: of the last 16 bases before U3 at least 12 are A or G (by chance once in 26)."""


@dataclass(frozen=True, eq=False)
class Provirus:
    """What integrates, and what was left behind.

    Attributes:
        codes: LTR to LTR, or ITR to ITR; the sequence as given where it has no such ends.
        ltr_length: length of its LTR, bp; 0 where it has none (a transposon, a part of a vector).
        places: for each base, its 0-based place in the sequence as given.
        backbone: bases of a plasmid that do not integrate, from the 3' end on; empty for a provirus.
        has_primer_site: a known primer-binding site follows the first LTR.
        has_purine_tract: a polypurine tract stands before the last LTR.
        is_turned: the sequence was given on the other strand.
        problem: what keeps these ends from being trusted, in words; empty if nothing does.
    """

    codes: Codes
    ltr_length: int
    places: Places
    backbone: Codes = field(default_factory=lambda: np.zeros(0, np.uint8))
    has_primer_site: bool = False
    has_purine_tract: bool = False
    is_turned: bool = False
    problem: str = ""


def ltr_length(codes: Codes, longest: int = _LONGEST_LTR) -> int:
    """Length of the longest repeat that both begins and ends the provirus: its LTR.

    Args:
        codes: the provirus, LTR to LTR.
        longest: longest LTR considered, bp.

    Returns:
        Length in bp; 0 if the two ends share nothing.
    """
    for length in range(min(longest, codes.size // 2), _SHORTEST_LTR - 1, -1):
        if np.array_equal(codes[:2], codes[codes.size - length :][:2]):
            differing = np.count_nonzero(codes[:length] != codes[codes.size - length :])
            if differing <= _MOST_DIFFERENT * length:
                return length
    return 0


def provirus_of(sequence: Codes | str, form: str, kind: str = "lentivirus") -> Provirus:
    """Work out what of a vector integrates.

    Args:
        sequence: the vector as given; a plasmid is circular, from any first base, on either strand.
        form: `provirus` or `plasmid`.
        kind: `lentivirus`, `gammaretrovirus`, `piggybac` or `sleeping-beauty`.

    Raises:
        ConfigError: if nothing of a plasmid can integrate; the message lacks the vector's name.
    """
    codes = encode(sequence) if isinstance(sequence, str) else sequence
    if kind in _TRANSPOSON_ENDS:
        return _transposon(codes, kind, form)
    if form == "plasmid":
        found = _of_plasmid(codes)
        if found is None:
            raise ConfigError(
                "no primer-binding site with an LTR before it and U3 behind it (HIV-1 and MLV are known), so the "
                "plasmid's provirus is not clear. Give the provirus, LTR to LTR, with `form: provirus`"
            )
        return found
    return _given_provirus(codes)


def provirus_of_plasmid(plasmid: Codes) -> Codes:
    """LTR to LTR of a plasmid; empty if it has no such ends (`provirus_of` says more)."""
    found = _of_plasmid(plasmid)
    return np.zeros(0, np.uint8) if found is None else found.codes


def one_ltr(provirus: Provirus) -> Codes:
    """The provirus without its last LTR: behind its last base its first one follows."""
    return provirus.codes[: provirus.codes.size - provirus.ltr_length]


def _given_provirus(codes: Codes) -> Provirus:
    length = ltr_length(codes)
    places = np.arange(codes.size)
    if length and decode(codes[:2]) == "TG" and decode(codes[-2:]) == "CA":
        turned = reverse_complement(codes)
        if primer_site_start(turned, length) >= 0 > primer_site_start(codes, length):
            return _with_facts(turned, length, places[::-1], is_turned=True)
        return _with_facts(codes, length, places)
    found = _of_plasmid(codes)
    if found is not None:
        n_left = codes.size - found.codes.size
        return replace(
            found,
            problem=f"{n_left} bases outside the LTRs were left out; if this is a plasmid, set `form: plasmid`",
        )
    problem = "its ends are no LTR (alike, TG...CA), so it is taken as a part of a vector: sites are not placed by its ends"
    return Provirus(codes, 0, places, problem=problem)


def _with_facts(codes: Codes, length: int, places: Places, *, is_turned: bool = False) -> Provirus:
    """A provirus with what its primer-binding site and purine tract say; both missing is a problem."""
    primer = primer_site_start(codes, length) >= 0
    tract = _purine_tract_before(codes, codes.size - length)
    has = {"primer-binding site behind the first": primer, "polypurine tract before the last": tract}
    missing = [name for name, is_there in has.items() if not is_there]
    problem = f"no {' and no '.join(missing)} LTR" if missing else ""
    return Provirus(
        codes,
        length,
        places,
        has_primer_site=primer,
        has_purine_tract=tract,
        is_turned=is_turned,
        problem=problem,
    )


def primer_site_start(codes: Codes, length: int) -> int:
    """First base of the primer-binding site behind the first LTR; -1 if there is no known one."""
    behind = codes[length : length + _PRIMER_GAP + 18]
    starts = [int(at) for site, _ in _FAMILIES for at in matches(behind, site, _MOST_MISMATCHES)]
    return length + min(starts) if starts else -1


def _purine_tract_before(codes: Codes, u3: int) -> bool:
    n_bases, least = _PURINES
    # one to four bases of other kinds stand between the tract and U3
    tracts = (codes[max(u3 - n_bases - skip, 0) : max(u3 - skip, 0)] for skip in range(5))
    return any(int(np.isin(tract, (0, 2)).sum()) >= least for tract in tracts)


def matches(codes: Codes, pattern: str, most: int) -> npt.NDArray[np.int64]:
    """Where a pattern stands with at most so many mismatches; its first two bases must be there exactly."""
    wanted = encode(pattern)
    if codes.size < wanted.size:
        return np.zeros(0, np.int64)
    differs = np.lib.stride_tricks.sliding_window_view(codes, wanted.size) != wanted
    return np.flatnonzero((differs.sum(axis=1) <= most) & ~differs[:, :2].any(axis=1))


def _of_plasmid(plasmid: Codes) -> Provirus | None:
    """LTR to LTR, as reverse transcription makes it of the plasmid's transcript.

    Both LTRs come out as U3 of the plasmid's 3' LTR, then R and U5 of its 5' LTR: U3 ends and R begins where the
    longest stretch that the two LTRs share begins. So a 5' LTR whose U3 is a foreign promoter and a 3' LTR that
    lacks U5 are both right.
    """
    forward = np.arange(plasmid.size)
    for codes, order in ((plasmid, forward), (reverse_complement(plasmid), forward[::-1])):
        for site, u3_start in _FAMILIES:
            around = np.concatenate([codes, codes[: len(site)]])
            for at in matches(around, site, _MOST_MISMATCHES).tolist():
                found = _assemble(np.roll(codes, -at), u3_start)
                if found is not None:
                    inside, outside = ((part + at) % plasmid.size for part in found)
                    length = ltr_length(codes[inside])
                    provirus = _with_facts(
                        codes[inside], length, order[inside], is_turned=order is not forward
                    )
                    return replace(provirus, backbone=codes[outside])
    return None


def _assemble(codes: Codes, u3_start: str) -> tuple[Places, Places] | None:
    """Which bases of a plasmid, turned so that it begins with its primer-binding site, are provirus and backbone."""
    gap = 4 - decode(codes[-6:]).rfind("CA")
    if gap > 4:  # no CA
        return None
    codes = np.roll(codes, gap)
    places = np.roll(np.arange(codes.size), gap)
    for u3 in matches(codes, u3_start, _MOST_MISMATCHES)[::-1].tolist():
        # from the 3' LTR over the backbone to the 5' LTR
        rest = codes[u3:]
        reach = min(_LONGEST_LTR, rest.size // 2)
        begin = rest.size - reach
        three, five = rest[:reach], rest[begin:]
        in_five, in_three, length = _longest_shared(five, three)
        if length >= _SHORTEST_MATCH:
            ltr = np.concatenate([np.arange(in_three), np.arange(begin + in_five, rest.size)])
            first = _end_of_three(three, rest[ltr], in_three + length)
            last = begin + _begin_of_five(five, in_five, three[:in_three])
            return places[np.concatenate([u3 + ltr, np.arange(u3), u3 + ltr])], places[u3 + first : u3 + last]
    return None


def _end_of_three(three: Codes, ltr: Codes, shared_end: int) -> int:
    """Where the 3' LTR of the plasmid ends: with the provirus's LTR where it goes on like that, else where it stops."""
    beyond, rest = three[shared_end : ltr.size], ltr[shared_end:]
    return int(ltr.size) if _are_alike(beyond, rest) else shared_end


def _begin_of_five(five: Codes, shared_start: int, u3: Codes) -> int:
    """Where the 5' LTR of the plasmid begins: with U3 where the other LTR's U3 stands before it, else with what they share."""
    begin = shared_start - u3.size
    return begin if begin >= 0 and _are_alike(five[begin:shared_start], u3) else shared_start


def _are_alike(one: Codes, other: Codes) -> bool:
    return one.size == other.size and int(np.count_nonzero(one != other)) <= _MOST_DIFFERENT * max(
        one.size, 20
    )


def _longest_shared(one: Codes, other: Codes) -> tuple[int, int, int]:
    """Start in each, and length, of the longest stretch that two sequences share."""
    run = np.zeros(other.size + 1, np.int64)
    best = (0, 0, 0)
    for i in range(one.size):
        run[1:] = np.where(other == one[i], run[:-1] + 1, 0)
        length = int(run.max())
        if length > best[2]:
            best = (i + 1 - length, int(run.argmax()) - length, length)
    return best


def _transposon(codes: Codes, kind: str, form: str) -> Provirus:
    """Outer repeat to outer repeat; the target's TTAA or TA stays outside."""
    end = _TRANSPOSON_ENDS[kind]
    n_bases = codes.size
    places = np.arange(2 * n_bases if form == "plasmid" else n_bases) % n_bases
    around = codes[places]
    starts = matches(around, end, 2)
    # the last repeat, found on the other strand
    stops = around.size - matches(reverse_complement(around), end, 2)
    for start in starts[starts < n_bases].tolist():
        behind = stops[(stops > start + 2 * len(end)) & (stops <= start + n_bases)]
        if behind.size:
            stop = int(behind.max())
            backbone = around[stop : start + n_bases] if form == "plasmid" else around[:0]
            return Provirus(around[start:stop], 0, places[start:stop], backbone)
    if form == "plasmid":
        raise ConfigError(
            f"no two outer repeats ({end}... and its reverse complement) of a {kind} transposon, so what of the "
            "plasmid integrates is not clear. Give the transposon, repeat to repeat, with `form: provirus`"
        )
    problem = (
        f"its ends are not the outer repeats of a {kind} transposon, so it is taken as a part of a vector"
    )
    return Provirus(codes, 0, places, problem=problem)
