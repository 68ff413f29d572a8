"""poc/1 on a CUDA GPU: products of int8 or bfloat16 on tensor cores, all else in the kernels of
kernels.cu.

A round: B^T whole, then C in stripes (operands of A, product, leaves with the values of their
groups), then the tree over the groups. Only seeds go to the GPU, and only roots, the walk's outs
and what an opening needs come back. C is exact: int32 sums, or float32 sums of integers of at most
2^24.

Compiled for compute capabilities 7.5 to 12.0 and its kernels run in an emulator by the tests; never
run on a GPU so far. `python -m prover self-test` says whether it works on one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Bytes, Words
from .cuda_device import CudaDevice, Device, capability
from .derivations import NO_ROOT
from .engine import Rounds, group_place, group_shape
from .parameters import LANE_OUT_BYTES, LEAF_BYTES, TILE, Params, ProverError

_LEAF_WORDS = LEAF_BYTES // 4
# C of a stripe: enough rows to fill the largest GPU, little enough beside a pool of 85 % of its
# memory.
_STRIPE_BYTES = 256 << 20
_STRIPE_ROWS = 4096
_THREADS = 256
_LEAVES_PER_BLOCK = 128
_NODES_PER_BLOCK = 512
_LANES_PER_BLOCK = 8


def prefers_bf16(gpu: int) -> bool:
    """Whether the GPU's int8 units are slow: B300 and GB300."""
    return capability(gpu) == (10, 3)


def cuda_engine(gpu: int, name: str) -> "CudaEngine":
    """The backend `name`, "cuda-int8" or "cuda-bf16", on a GPU. Raises whatever keeps it from
    working."""
    least = (6, 1) if name == "cuda-int8" else (8, 0)
    has = capability(gpu)
    if has < least:
        raise ProverError(f"{name} needs compute capability {least[0]}.{least[1]}, not {has}")
    return CudaEngine(name, CudaDevice(gpu, integers=name == "cuda-int8"))


@dataclass(frozen=True)
class _Memory:
    """Arrays of the device."""

    bt: Any
    a: Any
    c: Any
    pool: Any
    # Rounds x groups x 8 words.
    group_values: Any
    # Two halves that the levels of a tree take turns in.
    nodes: Any


class CudaEngine:
    """A CUDA backend on a device."""

    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.device = device.name
        self._gpu = device
        integers = name == "cuda-int8"
        self._operands = "operands_i8" if integers else "operands_bf16"
        self._leaves = "leaves_i32" if integers else "leaves_f32"
        # bfloat16 has no type in NumPy; nobody but the kernels and cuBLASLt looks inside.
        self._operand_type = np.int8 if integers else np.uint16
        self._result_type = np.int32 if integers else np.float32
        self._proof: tuple[Params, _Memory] | None = None

    def begin(self, params: Params) -> None:
        self.drop()
        unit, empty = group_shape(params)[0], self._gpu.empty
        rows = max(unit, min(params.n, _STRIPE_ROWS, _STRIPE_BYTES // (4 * params.n)))
        # The pool first: when it does not fit, nothing else is worth taking.
        pool = empty((max(1, params.pool_leaves), _LEAF_WORDS), np.uint32)
        memory = _Memory(
            pool=pool,
            bt=empty((params.n, params.k), self._operand_type),
            a=empty((rows, params.k), self._operand_type),
            c=empty((rows, params.n), self._result_type),
            group_values=empty((params.R, params.groups, 8), np.uint32),
            nodes=empty((2, -(-params.groups // 2), 8), np.uint32),
        )
        self._proof = (params, memory)

    def run(self, seed_of: Callable[[int, bytes], bytes]) -> Rounds:
        params, memory = self._held()
        roots: list[bytes] = []
        gemm_ms = 0.0
        for t in range(params.R):
            seed = seed_of(t, roots[-1] if roots else NO_ROOT)
            self._make_operands(seed, t, 1, 0, memory.bt)
            for first in range(0, params.n, len(memory.a)):
                self._make_operands(seed, t, 0, first, memory.a)
                self._gpu.multiply(memory.a, memory.bt, memory.c)
                self._hash_stripe(t, first)
            roots.append(self._gpu.fetch(self._root(memory.group_values[t])).tobytes())
            gemm_ms += self._gpu.gemm_ms()
        return Rounds(roots, gemm_ms)

    def _make_operands(self, seed: bytes, t: int, which: int, first: int, out: Any) -> None:
        """Rows first.. of A (which = 0) or B^T (1), as many as `out` has."""
        rows, k = out.shape
        blocks = k // 64
        grid = -(-rows * blocks // _THREADS)
        shape = (t, which, first, rows, blocks)
        self._gpu.launch(self._operands, grid, _THREADS, *_key(seed), *shape, out)

    def _hash_stripe(self, t: int, first_row: int) -> None:
        """The leaves of the stripe in `c`, to the pool if they belong there, and their groups'
        values."""
        params, memory = self._held()
        tiles = params.n // TILE
        leaf = first_row // TILE * tiles
        keep = t >= params.first_pooled
        at = (t - params.first_pooled) * params.leaves + leaf if keep else 0
        values = memory.group_values[t, leaf // params.group :]
        self._hash_leaves(memory.c, leaf, memory.pool[at:] if keep else None, values)

    def _hash_leaves(self, c: Any, first_leaf: int, leaves: Any, values: Any) -> None:
        """Leaves of whole tile rows of `c`; `leaves`: None when they are not kept."""
        params = self._held()[0]
        rows, columns = c.shape
        count = rows * columns // LEAF_BYTES
        tile_bits = (columns // TILE).bit_length() - 1
        keep = leaves is not None
        self._gpu.launch(
            self._leaves,
            -(-count // _LEAVES_PER_BLOCK),
            _LEAVES_PER_BLOCK,
            *(c, tile_bits, first_leaf, count, params.group),
            *(int(params.groups == 1), int(keep)),
            *(leaves if keep else values, values),
        )

    def _root(self, values: Any) -> Any:
        """The root over the groups' values of a round: an array of 8 words."""
        count = len(values)
        turn = 0
        while count > 1:
            per_block = min(count, _NODES_PER_BLOCK)
            count //= per_block
            out = self._held()[1].nodes[turn, :count]
            arguments = (values, per_block, int(count == 1), out)
            self._gpu.launch("reduce_values", count, _THREADS, *arguments)
            values, turn = out, 1 - turn
        return values[0]

    def group_values(self, t: int) -> Words:
        return np.ascontiguousarray(self._gpu.fetch(self._held()[1].group_values[t]).T)

    def pooled_groups(self, t: int, groups: list[int]) -> Bytes:
        params, memory = self._held()
        by_group = memory.pool[: params.pool_leaves].reshape(-1, params.group * _LEAF_WORDS)
        rows = np.array(groups, np.int64) + (t - params.first_pooled) * params.groups
        return self._bytes(self._gpu.fetch_rows(by_group, rows))

    def made_groups(self, t: int, seed: bytes, groups: list[int]) -> Bytes:
        params, memory = self._held()
        rows, columns = group_shape(params)
        a, bt = memory.a[:rows], memory.bt[:columns]
        c = memory.c.reshape(-1)[: rows * columns].reshape(rows, columns)
        leaves = self._gpu.empty((params.group, _LEAF_WORDS), np.uint32)
        values = self._gpu.empty((1, 8), np.uint32)
        out = np.empty((len(groups), params.group, LEAF_BYTES), np.uint8)
        band = -1
        places = [(*group_place(params, group), index) for index, group in enumerate(groups)]
        # Groups of the same columns one after the other: their part of B^T is made once.
        for first_row, first_column, index in sorted(places, key=lambda place: place[1]):
            if first_column != band:
                self._make_operands(seed, t, 1, first_column, bt)
                band = first_column
            self._make_operands(seed, t, 0, first_row, a)
            self._gpu.multiply(a, bt, c)
            self._hash_leaves(c, groups[index] * params.group, leaves, values)
            out[index] = self._bytes(self._gpu.fetch(leaves))[0]
        self._gpu.gemm_ms()
        return out

    def pool_leaves(self, addresses: NDArray[np.int64]) -> Words:
        return self._gpu.fetch_rows(self._held()[1].pool, addresses)

    def walk(self, key: bytes) -> Bytes:
        params, memory = self._held()
        outs = self._gpu.empty((params.L, LANE_OUT_BYTES // 4), np.uint32)
        grid = params.L // _LANES_PER_BLOCK
        size = (params.pool_leaves, params.S)
        self._gpu.launch("walk", grid, _THREADS, *_key(key), memory.pool, *size, outs)
        return self._gpu.fetch(outs).view(np.uint8)

    def drop(self) -> None:
        self._proof = None
        self._gpu.release()

    def _held(self) -> tuple[Params, _Memory]:
        if self._proof is None:
            raise ProverError("no proof is under way")
        return self._proof

    def _bytes(self, words: Words) -> Bytes:
        """Words of whole groups as groups x leaves x 1024 bytes."""
        group = self._held()[0].group
        return np.ascontiguousarray(words).view(np.uint8).reshape(-1, group, LEAF_BYTES)


def _key(key: bytes) -> list[int]:
    return [int(word) for word in np.frombuffer(key, "<u4")]
