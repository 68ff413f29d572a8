"""A CUDA device that is none: the kernels of kernels.cu run in the emulator, products in NumPy.

Every array lies between guards, and starts as rubbish. `check` says whether a kernel wrote beside
its array.
"""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_GUARD_BYTES = 4096
_RUBBISH = 0xA5
_KEY_WORDS = 8
_KEYED = ("operands_i8", "operands_bf16", "walk")


class EmulatedDevice:
    """What cuda_device.Device asks for, on the CPU."""

    name = "emulated"
    # The kernels that any emulated device ran.
    launched: set[str] = set()

    def __init__(self, library: str, backwards: bool) -> None:
        """`backwards`: blocks and threads run in descending order."""
        self._library = ctypes.CDLL(library)
        self._backwards = backwards
        self._guarded: list[NDArray[np.uint8]] = []

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        # Guards of whole pages keep the alignment that the kernels' wide loads need.
        memory = np.full(size + 3 * _GUARD_BYTES, _RUBBISH, np.uint8)
        start = -memory.ctypes.data % _GUARD_BYTES
        memory = memory[start : start + size + 2 * _GUARD_BYTES]
        self._guarded.append(memory)
        return memory[_GUARD_BYTES : _GUARD_BYTES + size].view(dtype).reshape(shape)

    def release(self) -> None:
        self.check()
        self._guarded.clear()

    def check(self) -> None:
        for memory in self._guarded:
            assert (memory[:_GUARD_BYTES] == _RUBBISH).all(), "written before an array"
            assert (memory[-_GUARD_BYTES:] == _RUBBISH).all(), "written behind an array"

    def launch(self, kernel: str, blocks: int, threads: int, *arguments: Any) -> None:
        assert 0 < blocks < 2**31 and 0 < threads <= 1024, (kernel, blocks, threads)
        self.launched.add(kernel)
        words = list(arguments)
        if kernel in _KEYED:
            key = np.array(words[:_KEY_WORDS], np.uint32)
            words[:_KEY_WORDS] = [key]
        sizes = [ctypes.c_uint32(blocks), ctypes.c_uint32(threads), ctypes.c_int(self._backwards)]
        getattr(self._library, f"run_{kernel}")(*sizes, *(_argument(word) for word in words))

    def multiply(self, a: Any, bt: Any, c: Any) -> None:
        for array in (a, bt, c):
            assert array.flags.c_contiguous and array.ctypes.data % 16 == 0
        assert a.shape[1] == bt.shape[1] and c.shape == (len(a), len(bt))
        # Exact: sums of integers below 2^24.
        np.copyto(c, _floats(a) @ _floats(bt).T, casting="unsafe")

    def gemm_ms(self) -> float:
        return 0.0

    def fetch(self, array: Any) -> NDArray[Any]:
        return array.copy()

    def fetch_rows(self, array: Any, rows: NDArray[np.int64]) -> NDArray[Any]:
        return array[rows]


def _floats(operands: NDArray[Any]) -> NDArray[np.float32]:
    if operands.dtype == np.int8:
        return operands.astype(np.float32)
    return (operands.astype(np.uint32) << 16).view(np.float32)


def _argument(value: Any) -> Any:
    if isinstance(value, int):
        assert 0 <= value < 2**32, value
        return ctypes.c_uint32(value)
    assert value.flags.c_contiguous
    return ctypes.c_void_p(value.ctypes.data)
