"""The round that ChaCha8 and BLAKE3 share, for many lanes at once.

Both keep a 4 x 4 matrix of u32 words and mix its four columns, then its four diagonals. Here each
row is one array of four planes, a plane holds one word of every lane, and one NumPy call works on
four columns of all lanes: few calls, and arrays that stay in the second-level cache. Everything is
in place; nothing is allocated after construction. One instance serves one thread.
"""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]

CHACHA_ROTATIONS = (16, 12, 8, 7)
BLAKE3_ROTATIONS = (16, 20, 24, 25)

# How a half round finds its rows: as they are, turned to the diagonals, or turned back to the
# columns.
AS_IS = 0
TO_DIAGONALS = 1
TO_COLUMNS = 3


class Row:
    """Four planes of words, with the views that a turn by 1, 2 or 3 planes needs."""

    __slots__ = ("flat", "planes", "parts")

    def __init__(self, lanes: int) -> None:
        self.flat: Words = np.empty(4 * lanes, np.uint32)
        self.planes: Words = self.flat.reshape(4, lanes)
        # parts[s] = (the planes from s on, the planes before s): a turn by s puts them in this
        # order.
        self.parts = [(self.flat[s * lanes :], self.flat[: s * lanes]) for s in range(4)]


class Columns:
    """The matrix a, b, c, d of `lanes` independent states."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.a, self.b, self.c, self.d = (Row(lanes) for _ in range(4))
        self._spare_c, self._spare_d, self._high = (Row(lanes) for _ in range(3))
        self._shifts = [np.array(r, np.uint32) for r in range(33)]

    def half_round(
        self,
        rotations: tuple[int, int, int, int],
        turn: int,
        turn_next: int,
        first: tuple[Words, ...] = (),
        second: tuple[Words, ...] = (),
    ) -> None:
        """Four quarter rounds side by side.

        `turn` says how the rows c and d stand before (row b was turned by the half round before,
        which was told so by its `turn_next`). `first` and `second` are BLAKE3's message words: one
        plane per column, added with the first and the second addition. """
        add, xor, either = np.add, np.bitwise_xor, np.bitwise_or
        left, right = np.left_shift, np.right_shift
        a, b, high = self.a.flat, self.b.flat, self._high.flat
        up = [self._shifts[r] for r in rotations]
        down = [self._shifts[32 - r] for r in rotations]

        add(a, b, a)
        for plane, word in zip(self.a.planes, first):
            add(plane, word, plane)
        if turn:
            s = 3 * turn % 4
            before, self.d, self._spare_d = self.d, self._spare_d, self.d
            # A turn by s: the row's planes from s on come first; 4 - s of them.
            xor(before.parts[s][0], self.a.parts[4 - s][1], self.d.parts[4 - s][1])
            xor(before.parts[s][1], self.a.parts[4 - s][0], self.d.parts[4 - s][0])
        else:
            xor(self.d.flat, a, self.d.flat)
        d = self.d.flat
        left(d, up[0], high)
        right(d, down[0], d)
        either(d, high, d)
        if turn:
            before, self.c, self._spare_c = self.c, self._spare_c, self.c
            add(before.parts[2][0], self.d.parts[2][1], self.c.parts[2][1])
            add(before.parts[2][1], self.d.parts[2][0], self.c.parts[2][0])
        else:
            add(self.c.flat, d, self.c.flat)
        c = self.c.flat
        xor(b, c, b)
        left(b, up[1], high)
        right(b, down[1], b)
        either(b, high, b)

        add(a, b, a)
        for plane, word in zip(self.a.planes, second):
            add(plane, word, plane)
        xor(d, a, d)
        left(d, up[2], high)
        right(d, down[2], d)
        either(d, high, d)
        add(c, d, c)
        xor(b, c, b)
        left(b, up[3], high)
        if turn_next:
            low = self._spare_d
            right(b, down[3], low.flat)
            s = turn_next
            either(low.parts[s][0], self._high.parts[s][0], self.b.parts[4 - s][1])
            either(low.parts[s][1], self._high.parts[s][1], self.b.parts[4 - s][0])
        else:
            right(b, down[3], b)
            either(b, high, b)
