"""Reads with two bits a base, so that a word at any place of a read is two loads and a shift.

An unreadable base stands as some base (N as G); whoever finds a word looks at the letters, too.
"""

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_U = np.uint64
_PER_ROW = 32
"""Bases in one element of a packed read, the first one in its highest bits."""
_CODES, _ODD = _U(0x0303030303030303), _U(0x0101010101010101)
_HALF, _BYTE = _U(0xFFFFFFFF), _U(0xFF)
_GATHER = _U(1 << 30 | 1 << 20 | 1 << 10 | 1)
"""Times four bytes that hold two bits each: these eight bits side by side from bit 24 on, the first byte's highest."""


@numba.njit(cache=True, nogil=True, inline="always")
def letter_code(letter: np.uint8) -> np.uint8:
    """0-3 for A, C, G, T without a table; anything else is one of them, too."""
    code = (letter >> np.uint8(1)) & np.uint8(3)
    return np.uint8(code ^ (code >> np.uint8(1)))


@numba.njit(cache=True, nogil=True)
def words_for(length: int) -> Words:
    """Room for reads of up to `length` bases, two elements to spare."""
    return np.empty(length // _PER_ROW + 2, np.uint64)


@numba.njit(cache=True, nogil=True, inline="always")
def word_at(words: Words, at: int, length: int) -> np.uint64:
    """The word of `length` bases (1-32) that begins at base `at`."""
    place, shift = _U(at >> 5), _U(2 * (at & 31))
    value = words[place] << shift | (words[place + _U(1)] >> _U(1)) >> (_U(63) - shift)
    return np.uint64(value >> _U(64 - 2 * length))


@numba.njit(cache=True, nogil=True, inline="always")
def _eight(text: Bytes, at: np.uint64) -> np.uint64:
    """Codes of eight letters in 16 bits. The loads become one."""
    letters = _U(text[at]) | _U(text[at + _U(1)]) << _U(8)
    letters |= _U(text[at + _U(2)]) << _U(16) | _U(text[at + _U(3)]) << _U(24)
    letters |= _U(text[at + _U(4)]) << _U(32) | _U(text[at + _U(5)]) << _U(40)
    letters |= _U(text[at + _U(6)]) << _U(48) | _U(text[at + _U(7)]) << _U(56)
    codes = (letters >> _U(1)) & _CODES
    codes ^= (codes >> _U(1)) & _ODD
    first = (((codes & _HALF) * _GATHER) >> _U(24)) & _BYTE
    return first << _U(8) | ((((codes >> _U(32)) * _GATHER) >> _U(24)) & _BYTE)


@numba.njit(cache=True, nogil=True)
def pack_text(text: Bytes, start: int, stop: int, words: Words) -> None:
    """Pack the bases `text[start:stop]` (ASCII)."""
    at, end, to = _U(start), _U(stop), _U(0)
    while at + _U(32) <= end:
        value = _eight(text, at) << _U(48) | _eight(text, at + _U(8)) << _U(32)
        words[to] = value | _eight(text, at + _U(16)) << _U(16) | _eight(text, at + _U(24))
        at, to = at + _U(32), to + _U(1)
    value, room = _U(0), _U(64)
    while at + _U(8) <= end:
        room -= _U(16)
        value |= _eight(text, at) << room
        at += _U(8)
    while at < end:
        room -= _U(2)
        value |= _U(letter_code(text[at])) << room
        at += _U(1)
    words[to] = value
