"""The mix of poc/1: from an entry of C to one byte, non-linear in all 32 bits."""

import numpy as np
from numpy.typing import NDArray

from .columns import Bytes, Words

_FACTORS = [np.array(f, np.uint32) for f in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)]
_SHIFTS = {s: np.array(s, np.uint32) for s in (13, 15, 24)}


def mix(c: Words) -> Bytes:
    """The mixed byte of each entry; `c`: int32 reinterpreted as u32. For a few entries."""
    work = c.copy()
    out = np.empty(c.shape, np.uint8)
    _mix(work, np.empty_like(work), out)
    return out


class Mixer:
    """Mixes a stripe of C that a float GEMM made, block by block in cache. One per thread."""

    def __init__(self, scale_bits: int, block: int = 32_768) -> None:
        """`scale_bits`: the floats are C times 2^scale_bits, an integer below 2^31 in size."""
        self._scale = np.array(scale_bits, np.int32)
        self._work, self._spare = np.empty(block, np.uint32), np.empty(block, np.uint32)

    def fill(self, c: NDArray[np.float32], out: Bytes) -> None:
        """The mixed bytes of `c` in `out`; both contiguous, of one shape."""
        flat, bytes_out = c.reshape(-1), out.reshape(-1)
        block = len(self._work)
        for start in range(0, len(flat), block):
            part = flat[start : start + block]
            work, spare = self._work[: len(part)], self._spare[: len(part)]
            signed = work.view(np.int32)
            np.copyto(signed, part, casting="unsafe")
            np.right_shift(signed, self._scale, signed)
            _mix(work, spare, bytes_out[start : start + block])


def _mix(work: Words, spare: Words, out: Bytes) -> None:
    np.multiply(work, _FACTORS[0], work)
    np.right_shift(work, _SHIFTS[15], spare)
    np.bitwise_xor(work, spare, work)
    np.multiply(work, _FACTORS[1], work)
    np.right_shift(work, _SHIFTS[13], spare)
    np.bitwise_xor(work, spare, work)
    np.multiply(work, _FACTORS[2], work)
    np.right_shift(work, _SHIFTS[24], work)
    np.copyto(out, work, casting="unsafe")
