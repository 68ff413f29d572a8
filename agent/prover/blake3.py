"""BLAKE3 for many chunks or many nodes at once, as far as poc/1 needs it: chunks of exactly 1024
bytes, complete trees, chaining values of every level.

Chaining values are arrays of 8 planes (a plane holds one word of every node), so that a level is
hashed with few NumPy calls.
"""

import numpy as np

from .columns import (
    AS_IS,
    BLAKE3_ROTATIONS,
    TO_COLUMNS,
    TO_DIAGONALS,
    Bytes,
    Columns,
    Words,
)

CHUNK_BYTES = 1024
CV_BYTES = 32
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
_IV = np.array(
    [
        *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
        *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    ],
    np.uint32,
)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS = 7


def _schedule() -> list[list[int]]:
    orders = [list(range(16))]
    while len(orders) < _ROUNDS:
        orders.append([orders[-1][p] for p in _PERMUTATION])
    return orders


_SCHEDULE = _schedule()
# In a round's order of words, the columns take the first eight by turns, the diagonals the last
# eight.
_STARTS = (0, 1, 8, 9)
# How many chunks or nodes are hashed at a time: the message and the states stay in the cache.
LANES_MAX = 4096


class Compressor:
    """The compression function for `lanes` nodes. One per thread."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.columns = Columns(lanes)
        self.message: Words = np.empty((16, lanes), np.uint32)
        # Per round: the words that the columns add first and second, then those of the diagonals.
        self._words = [
            [tuple(self.message[w] for w in order[start : start + 8 : 2]) for start in _STARTS]
            for order in _SCHEDULE
        ]
        self._last_row: Words = np.empty((4, lanes), np.uint32)

    def start(self, counter: Words | int) -> None:
        """Chaining value := IV; `counter`: the chunks' indexes, below 2^32; 0 for parents."""
        self.columns.a.planes[:] = _IV[:4, None]
        self.columns.b.planes[:] = _IV[4:, None]
        self._last_row[0] = counter
        self._last_row[1] = 0
        self._last_row[2] = 64

    def compress(self, flags: int) -> None:
        """Chaining value := compression of it and `message`, a block of 64 bytes."""
        state = self.columns
        state.c.planes[:] = _IV[:4, None]
        self._last_row[3] = flags
        state.d.planes[:] = self._last_row
        turn = AS_IS
        for x_columns, y_columns, x_diagonals, y_diagonals in self._words:
            state.half_round(BLAKE3_ROTATIONS, turn, TO_DIAGONALS, x_columns, y_columns)
            state.half_round(BLAKE3_ROTATIONS, TO_DIAGONALS, TO_COLUMNS, x_diagonals, y_diagonals)
            turn = TO_COLUMNS
        # Row b is back in the columns; c and d still stand on the diagonals.
        for row, other, by in ((state.a, state.c, 2), (state.b, state.d, 1)):
            head, tail = row.parts[4 - by][1], row.parts[4 - by][0]
            np.bitwise_xor(head, other.parts[by][0], head)
            np.bitwise_xor(tail, other.parts[by][1], tail)

    def values(self) -> Words:
        """The chaining values as 8 planes: a copy."""
        return np.concatenate((self.columns.a.planes, self.columns.b.planes))


class Tree:
    """Hashes leaves and levels of complete trees; keeps its buffers. One per thread."""

    def __init__(self) -> None:
        self._compressors: dict[int, Compressor] = {}

    def _compressor(self, lanes: int) -> Compressor:
        found = self._compressors.get(lanes)
        if found is None:
            found = self._compressors[lanes] = Compressor(lanes)
        return found

    def chunk_values(self, words: Words, first_chunk: int) -> Words:
        """Chaining values (8 planes) of chunks first_chunk.. in order.

        `words`: a view of shape (32, 8, tile rows, tiles per row): word 8 r + s of every chunk at
        [r, s]. """
        _, _, tile_rows, tiles = words.shape
        out = np.empty((8, tile_rows, tiles), np.uint32)
        step = max(1, LANES_MAX // tiles)
        for row in range(0, tile_rows, step):
            part = words[:, :, row : row + step]
            rows = part.shape[2]
            first = first_chunk + row * tiles
            counter = np.arange(first, first + rows * tiles, dtype=np.uint32)
            out[:, row : row + rows] = self._chunks(part, counter).reshape(8, rows, tiles)
        return out.reshape(8, -1)

    def leaf_values(self, leaves: Bytes, indexes: Words, root: bool = False) -> Words:
        """Chaining values (8 planes) of `leaves` (count x 1024), which stand at `indexes` in their
        trees; `root`: the one leaf is the whole message."""
        words = leaves.view(np.uint32).reshape(1, -1, 32, 8).transpose(2, 3, 0, 1)
        count = len(indexes)
        out = np.empty((8, count), np.uint32)
        for start in range(0, count, LANES_MAX):
            part = slice(start, start + LANES_MAX)
            out[:, part] = self._chunks(words[..., part], indexes[part], root)
        return out

    def _chunks(self, words: Words, counter: Words, root: bool = False) -> Words:
        compressor = self._compressor(len(counter))
        compressor.start(counter)
        message = compressor.message.reshape(2, 8, *words.shape[2:])
        for block in range(16):
            np.copyto(message, words[2 * block : 2 * block + 2])
            first, last = block == 0, block == 15
            end = CHUNK_END | ROOT if root else CHUNK_END
            compressor.compress((CHUNK_START if first else 0) | (end if last else 0))
        return compressor.values()

    def parents(self, values: Words, root: bool = False) -> Words:
        """The next level of 8 planes, half as long; `root`: the one node is the tree's root."""
        count = values.shape[1] // 2
        out = np.empty((8, count), np.uint32)
        for start in range(0, count, LANES_MAX):
            end = min(count, start + LANES_MAX)
            compressor = self._compressor(end - start)
            compressor.start(0)
            compressor.message[:8] = values[:, 2 * start : 2 * end : 2]
            compressor.message[8:] = values[:, 2 * start + 1 : 2 * end : 2]
            compressor.compress(PARENT | (ROOT if root else 0))
            out[:, start:end] = compressor.values()
        return out

    def levels(self, values: Words) -> list[Words]:
        """All levels over at least two nodes, from `values` to the root, which is alone in the
        last."""
        out = [values]
        while out[-1].shape[1] > 1:
            out.append(self.parents(out[-1], root=out[-1].shape[1] == 2))
        return out


def matrix_words(mixed: Bytes) -> Words:
    """A stripe of mixed bytes (rows x columns) as `Tree.chunk_values` takes it: a view."""
    rows, columns = mixed.shape
    words = mixed.view(np.uint32).reshape(rows // 32, 32, columns // 32, 8)
    return words.transpose(1, 3, 0, 2)


def value_bytes(values: Words) -> Bytes:
    """Planes of chaining values as rows of 32 bytes."""
    return np.ascontiguousarray(values.T).astype("<u4", copy=False).view(np.uint8)
