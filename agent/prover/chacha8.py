"""ChaCha8 for many streams at once: any stream word by word, and whole rows of operands for a GEMM.

`keystream` is the plain generator, in the order of the protocol. `OperandRows` makes rows of A or
B^T as float32, fast: the columns that all blocks or all rows share in the first half round are
worked out once, and the words of a row stay in the order in which the lanes produce them. That
permutes the inner index k alike in every row of A and B^T, so each sum of products is the same; it
does not show in C.
"""

import numpy as np
from numpy.typing import NDArray

from .columns import AS_IS, CHACHA_ROTATIONS, TO_COLUMNS, TO_DIAGONALS, Columns, Words

ROUNDS = 8
BLOCK_BYTES = 64
_SIGMA = np.frombuffer(b"expand 32-byte k", "<u4").astype(np.uint32)

# An operand is int5(b) = (b >> 3) - 16. As a signed byte, (b & 0xf8) ^ 0x80 is 8 * int5(b): GEMM of
# these gives exactly 64 * C, because a power of two only moves the exponent of a float.
OPERAND_SCALE = 8
_KEEP_FIVE_BITS = np.array(0xF8F8F8F8, np.uint32)
_FLIP_SIGN = np.array(0x80808080, np.uint32)


def key_words(key: bytes) -> Words:
    """The eight words of a key of 32 bytes."""
    return np.frombuffer(key, "<u4").astype(np.uint32)


def keystream(key: bytes, nonces: Words, blocks: int) -> Words:
    """The first 16 * `blocks` words of each stream; `nonces`: one row of three words per stream."""
    streams = len(nonces)
    lanes = Columns(streams * blocks)
    init = np.empty((16, streams, blocks), np.uint32)
    init[0:4] = _SIGMA.reshape(4, 1, 1)
    init[4:12] = key_words(key).reshape(8, 1, 1)
    init[12] = np.arange(blocks, dtype=np.uint32)
    init[13:16] = nonces.T.reshape(3, streams, 1)
    rows = init.reshape(4, 4, lanes.lanes)
    lanes.a.planes[:], lanes.b.planes[:], lanes.c.planes[:], lanes.d.planes[:] = rows
    _half_rounds(lanes, ROUNDS, AS_IS)
    out = np.empty((16, streams, blocks), np.uint32)
    # The last half round leaves the rows on the diagonals.
    for row, state in enumerate((lanes.a, lanes.b, lanes.c, lanes.d)):
        for plane in range(4):
            word = 4 * row + (plane + row) % 4
            out[word] = state.planes[plane].reshape(streams, blocks) + init[word]
    return np.ascontiguousarray(out.transpose(1, 2, 0)).reshape(streams, 16 * blocks)


def _half_rounds(lanes: Columns, count: int, turn: int) -> None:
    """The last `count` half rounds; ends on the diagonals, with the rows as they stand there."""
    for left in range(count, 0, -1):
        turn_next = AS_IS if left == 1 else (TO_DIAGONALS if left % 2 == 0 else TO_COLUMNS)
        lanes.half_round(CHACHA_ROTATIONS, turn, turn_next)
        turn = turn_next


def _quarter(a: Words, b: Words, c: Words, d: Words) -> tuple[Words, Words, Words, Words]:
    """One quarter round on arrays of any shapes that go together."""
    for first, second in ((16, 12), (8, 7)):
        a = a + b
        d = d ^ a
        d = (d << np.uint32(first)) | (d >> np.uint32(32 - first))
        c = c + d
        b = b ^ c
        b = (b << np.uint32(second)) | (b >> np.uint32(32 - second))
    return a, b, c, d


class OperandRows:
    """Makes rows of `k` operands each, about `lanes` blocks of 64 bytes at a time. One per
    thread."""

    def __init__(self, k: int, lanes: int = 8192) -> None:
        self._blocks = k // BLOCK_BYTES
        self._rows = max(1, lanes // self._blocks)
        self._lanes: dict[int, Columns] = {}

    def fill(
        self, key: bytes, nonce: tuple[int, int], first_row: int, out: NDArray[np.float32]
    ) -> None:
        """Rows first_row.. of the matrix `nonce` = (round, 0 for A or 1 for B^T), 8 * int5 each."""
        words = key_words(key)
        rows = np.arange(first_row, first_row + len(out), dtype=np.uint32).reshape(-1, 1)
        counter = np.arange(self._blocks, dtype=np.uint32).reshape(1, -1)
        last = [counter, *(np.full((1, 1), word, np.uint32) for word in nonce), rows]
        fixed = [word.reshape(1, 1) for word in np.concatenate((_SIGMA, words))]
        # The first half round: its columns depend on the block alone, on nothing, and on the row
        # alone.
        columns = [
            _quarter(fixed[column], fixed[4 + column], fixed[8 + column], last[column])
            for column in range(4)
        ]
        for start in range(0, len(out), self._rows):
            part = slice(start, start + self._rows)
            columns_here = [*columns[:3], tuple(word[part] for word in columns[3])]
            self._fill(words, columns_here, [*last[:3], rows[part]], out[part])

    def _fill(
        self,
        key: Words,
        columns: list[tuple[Words, ...]],
        last: list[Words],
        out: NDArray[np.float32],
    ) -> None:
        """`columns`: the states after the first half round; `last`: words 12..15 before it."""
        count = len(out)
        lanes = self._lanes.get(count)
        if lanes is None:
            lanes = self._lanes[count] = Columns(count * self._blocks)
        shape = (4, count, self._blocks)
        a, b, c, d = (r.planes.reshape(shape) for r in (lanes.a, lanes.b, lanes.c, lanes.d))
        for column, words in enumerate(columns):
            # Straight to where the diagonals want them.
            a[column], b[column - 1], c[column - 2], d[column - 3] = words
        lanes.half_round(CHACHA_ROTATIONS, AS_IS, TO_COLUMNS)
        _half_rounds(lanes, ROUNDS - 2, TO_COLUMNS)
        a, b, c, d = (r.planes.reshape(shape) for r in (lanes.a, lanes.b, lanes.c, lanes.d))
        a += _SIGMA.reshape(4, 1, 1)
        b += np.roll(key[:4], -1).reshape(4, 1, 1)
        c += np.roll(key[4:], -2).reshape(4, 1, 1)
        for column in range(4):
            d[column - 3] += last[column]
        target = out.reshape(count, 4, 4, 4 * self._blocks)
        for place, state in enumerate((lanes.a, lanes.b, lanes.c, lanes.d)):
            np.bitwise_and(state.flat, _KEEP_FIVE_BITS, state.flat)
            np.bitwise_xor(state.flat, _FLIP_SIGN, state.flat)
            signed = state.flat.view(np.int8).reshape(4, count, 4 * self._blocks)
            np.copyto(target[:, place], signed.transpose(1, 0, 2))
