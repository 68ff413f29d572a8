"""The memory walk in NumPy: a block of lanes takes each step together.

The lanes' states and leaves stay in the cache, so that what a step waits for is the pool: one
random leaf of 1024 bytes per lane. Where the leaves come from is the caller's affair.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from .columns import Bytes, Words
from .derivations import lane_starts

WORDS = 256
# Lanes that step together: about 1 MiB of states, leaves and scratch.
BLOCK_LANES = 256
_LEAF_FACTOR = np.array(0x9E3779B1, np.uint32)
_ADDRESS_FACTOR = np.array(0x85EBCA77, np.uint32)
_OUT_FACTOR = np.array(0x01000193, np.uint32)
_SHIFTS = {s: np.array(s, np.uint32) for s in (9, 13, 15, 16, 23, 255)}
_LEFT = np.arange(32, dtype=np.uint32)
_RIGHT = np.array(32, np.uint32) - _LEFT
_LEFT.flags.writeable = _RIGHT.flags.writeable = False


class LaneBlock:
    """A block of lanes between two steps."""

    def __init__(self, key: bytes, lanes: NDArray[np.int64]) -> None:
        count = len(lanes)
        # Each state stands twice in a row: the partners of all words are one window of it.
        self._twice: Words = np.empty((count, 2 * WORDS), np.uint32)
        self.state: Words = self._twice[:, :WORDS]
        self.state[:] = lane_starts(key, lanes)
        self._eighths = self._twice.reshape(count, 16, 32)[:, :8]
        self._row = np.arange(count)
        row_bytes, word_bytes = self._twice.strides
        self._windows = as_strided(
            self._twice,
            (count, WORDS, WORDS),
            (row_bytes, word_bytes, word_bytes),
            writeable=False,
        )
        self._folds = [np.empty((count, part, 32), np.uint32) for part in (4, 2, 1)]
        self._spare: Words = np.empty((count, WORDS), np.uint32)
        self._x: Words = np.empty(count, np.uint32)

    def addresses(self, pool_leaves: int) -> NDArray[np.int64]:
        """The leaf that each lane reads next; 0..pool_leaves - 1."""
        # Word j is rotated by j mod 32: words that share an amount are folded first.
        source = self._eighths
        for fold in self._folds:
            half = fold.shape[1]
            np.bitwise_xor(source[:, :half], source[:, half:], fold)
            source = fold
        folded = source[:, 0]
        rotated = (folded << _LEFT) | (folded >> _RIGHT)
        x = self._x
        np.bitwise_xor.reduce(rotated, axis=1, out=x)
        x ^= x >> _SHIFTS[16]
        x *= _ADDRESS_FACTOR
        x ^= x >> _SHIFTS[13]
        wide = x.astype(np.uint64) * np.uint64(pool_leaves)
        return (wide >> np.uint64(32)).astype(np.int64)

    def step(self, leaves: Words) -> None:
        """Takes the step whose addresses were asked for last. `leaves`: lanes x 256,
        overwritten."""
        spare = self._spare
        np.bitwise_xor(leaves, self.state, leaves)
        np.multiply(leaves, _LEAF_FACTOR, leaves)
        np.right_shift(leaves, _SHIFTS[15], spare)
        np.bitwise_xor(leaves, spare, leaves)
        self._twice[:, WORDS:] = self.state
        partners = self._windows[self._row, self._x & _SHIFTS[255]]
        np.left_shift(partners, _SHIFTS[9], spare)
        np.right_shift(partners, _SHIFTS[23], partners)
        np.bitwise_or(partners, spare, partners)
        np.add(leaves, partners, self.state)

    def outs(self) -> Bytes:
        """The 16 bytes that each lane leaves behind."""
        out = np.zeros((len(self._row), 4), np.uint32)
        for j in range(0, WORDS, 4):
            out ^= self.state[:, j : j + 4]
            out *= _OUT_FACTOR
            out += np.arange(j, j + 4, dtype=np.uint32)
        return out.astype("<u4", copy=False).view(np.uint8)
