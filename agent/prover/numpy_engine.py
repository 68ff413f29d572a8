"""poc/1 on a CPU with NumPy: exact, because every partial sum of a float32 GEMM over int5 operands
is an integer of at most 2^24 (times a power of two), whatever the order of addition.

A round is shared by the members of a team: each makes its part of B^T, then its own rows of A, of C
and of the leaves, stripe by stripe, so that memory stays bounded: B^T, one stripe per member, and
the pool. On Linux the members are processes with one BLAS thread each; elsewhere there is one
member.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blake3 import Tree, matrix_words, value_bytes
from .chacha8 import OPERAND_SCALE, OperandRows
from .columns import Bytes, Words
from .derivations import NO_ROOT
from .engine import Rounds, group_place, group_shape
from .mix import Mixer
from .parameters import LANE_OUT_BYTES, LEAF_BYTES, TILE, Params, ProverError
from .team import Member, run_team, shared_array
from .walk import BLOCK_LANES, WORDS, LaneBlock

_SCALE_BITS = 2 * (OPERAND_SCALE.bit_length() - 1)
# What a stripe of A and of C may take in each member. Fewer rows make the GEMM pack B more often.
_STRIPE_BYTES = 128 << 20
_STRIPE_ROWS = 2048


class _Stripe:
    """One member's rows of A and of C, and its tools."""

    def __init__(self, params: Params, rows: int, columns: int) -> None:
        self._operands = OperandRows(params.k)
        self._mixer = Mixer(_SCALE_BITS)
        self._a = np.empty((rows, params.k), np.float32)
        self._c = np.empty((rows, columns), np.float32)
        self._mixed = np.empty((rows, columns), np.uint8)
        self.rows = rows
        self.gemm_seconds = 0.0

    def fill_b(self, seed: bytes, t: int, first: int, out: NDArray[np.float32]) -> None:
        """Rows first.. of B^T of round t."""
        self._operands.fill(seed, (t, 1), first, out)

    def fill_a(self, seed: bytes, t: int, first: int, rows: slice) -> None:
        """Rows first.. of A of round t, as `rows` of the stripe."""
        self._operands.fill(seed, (t, 0), first, self._a[rows])

    def mixed_product(self, rows: int, bt: NDArray[np.float32]) -> Bytes:
        """The mixed bytes of the stripe's first rows, times B; valid until the next call."""
        c, mixed = self._c[:rows], self._mixed[:rows]
        began = time.perf_counter()
        np.matmul(self._a[:rows], bt.T, out=c)
        self.gemm_seconds += time.perf_counter() - began
        self._mixer.fill(c, mixed)
        return mixed


@dataclass(frozen=True)
class _Memory:
    """What the members share, and what outlives the rounds."""

    bt: NDArray[np.float32]
    pool: Bytes
    group_values: Words
    seed: Bytes
    gemm_seconds: NDArray[np.float64]


class NumpyEngine:
    """The reference backend."""

    name = "numpy"

    def __init__(self, threads: int) -> None:
        """`threads`: processes that share the work."""
        self.device = _cpu_model()
        self._threads = threads
        self._tree = Tree()
        self._proof: tuple[Params, _Memory] | None = None

    def begin(self, params: Params) -> None:
        self.drop()
        members = self._members(params)
        rows = self._stripe_rows(params)
        _require_memory(params, members * rows * (4 * params.k + 5 * params.n))

        def shared(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
            return shared_array(shape, dtype, members)

        memory = _Memory(
            bt=shared((params.n, params.k), np.float32),
            pool=shared((params.pool_leaves, LEAF_BYTES), np.uint8),
            group_values=shared((params.R, 8, params.groups), np.uint32),
            seed=shared((32,), np.uint8),
            gemm_seconds=shared((members,), np.float64),
        )
        self._proof = (params, memory)

    def run(self, seed_of: Callable[[int, bytes], bytes]) -> Rounds:
        params, memory = self._held()
        roots: list[bytes] = []
        tree = self._tree

        def next_seed() -> None:
            seed = seed_of(len(roots), roots[-1] if roots else NO_ROOT)
            memory.seed[:] = np.frombuffer(seed, np.uint8)

        def finish_round() -> None:
            values = memory.group_values[len(roots)]
            top = values if params.groups == 1 else tree.levels(values)[-1]
            roots.append(value_bytes(top).tobytes())
            if len(roots) < params.R:
                next_seed()

        def work(member: Member) -> None:
            stripe = _Stripe(params, self._stripe_rows(params), params.n)
            for t in range(params.R):
                seed = memory.seed.tobytes()
                share = member.share(params.n)
                stripe.fill_b(seed, t, share.start, memory.bt[share.start : share.stop])
                member.meet()
                self._make_rows(member, stripe, t, seed)
                memory.gemm_seconds[member.index] = stripe.gemm_seconds
                member.meet(finish_round)

        next_seed()
        run_team(len(memory.gemm_seconds), work)
        return Rounds(roots, float(memory.gemm_seconds.mean()) * 1000)

    def _make_rows(self, member: Member, stripe: _Stripe, t: int, seed: bytes) -> None:
        """The member's part of C: its leaves to the pool, its groups' values to their table."""
        params, memory = self._held()
        unit = group_shape(params)[0]
        share = member.share(params.n // unit)
        for first in range(share.start * unit, share.stop * unit, stripe.rows):
            rows = min(stripe.rows, share.stop * unit - first)
            stripe.fill_a(seed, t, first, slice(0, rows))
            mixed = stripe.mixed_product(rows, memory.bt)
            leaf = first // TILE * (params.n // TILE)
            if t >= params.first_pooled:
                at = (t - params.first_pooled) * params.leaves + leaf
                _copy_leaves(mixed, memory.pool[at:])
            values = self._tree.chunk_values(matrix_words(mixed), leaf)
            while values.shape[1] > rows * params.n // LEAF_BYTES // params.group:
                last = params.groups == 1 and values.shape[1] == 2
                values = self._tree.parents(values, root=last)
            group = leaf // params.group
            memory.group_values[t, :, group : group + values.shape[1]] = values

    def group_values(self, t: int) -> Words:
        values: Words = self._held()[1].group_values[t]
        return values

    def pooled_groups(self, t: int, groups: list[int]) -> Bytes:
        params, memory = self._held()
        first = (t - params.first_pooled) * params.leaves
        leaves = memory.pool[first : first + params.leaves]
        return leaves.reshape(params.groups, params.group, LEAF_BYTES)[groups]

    def made_groups(self, t: int, seed: bytes, groups: list[int]) -> Bytes:
        params, memory = self._held()
        rows, columns = group_shape(params)
        stripe = _Stripe(params, rows * max(1, min(len(groups), 512 // rows)), columns)
        bt = memory.bt[:columns]
        out = np.empty((len(groups), params.group, LEAF_BYTES), np.uint8)
        bands: dict[int, list[int]] = {}
        for index, group in enumerate(groups):
            bands.setdefault(group_place(params, group)[1], []).append(index)
        at_once = stripe.rows // rows
        for band, indexes in bands.items():
            stripe.fill_b(seed, t, band, bt)
            for start in range(0, len(indexes), at_once):
                part = indexes[start : start + at_once]
                for place, index in enumerate(part):
                    first = group_place(params, groups[index])[0]
                    stripe.fill_a(seed, t, first, slice(place * rows, (place + 1) * rows))
                mixed = stripe.mixed_product(len(part) * rows, bt)
                leaves = np.empty((len(part) * params.group, LEAF_BYTES), np.uint8)
                _copy_leaves(mixed, leaves)
                out[part] = leaves.reshape(len(part), params.group, LEAF_BYTES)
        return out

    def pool_leaves(self, addresses: NDArray[np.int64]) -> Words:
        return np.take(self._held()[1].pool.view(np.uint32), addresses, axis=0)

    def walk(self, key: bytes) -> Bytes:
        params, memory = self._held()
        pool = memory.pool.view("<u4")
        block = min(BLOCK_LANES, params.L)
        members = min(self._threads, params.L // block)
        outs = shared_array((params.L, LANE_OUT_BYTES), np.uint8, members)

        def work(member: Member) -> None:
            leaves = np.empty((block, WORDS), np.uint32)
            share = member.share(params.L // block)
            for first in range(share.start * block, share.stop * block, block):
                lanes = LaneBlock(key, np.arange(first, first + block))
                for _ in range(params.S):
                    np.take(pool, lanes.addresses(len(pool)), axis=0, out=leaves, mode="clip")
                    lanes.step(leaves)
                outs[first : first + block] = lanes.outs()

        run_team(members, work)
        return outs

    def drop(self) -> None:
        self._proof = None

    def _held(self) -> tuple[Params, _Memory]:
        if self._proof is None:
            raise ProverError("no proof is under way")
        return self._proof

    def _members(self, params: Params) -> int:
        return min(self._threads, params.n // group_shape(params)[0])

    def _stripe_rows(self, params: Params) -> int:
        """Rows of a stripe: whole groups, and stripes of one length within a member's share."""
        unit = group_shape(params)[0]
        share = -(-params.n // self._members(params))
        most = min(_STRIPE_ROWS, _STRIPE_BYTES // (4 * params.k + 5 * params.n))
        stripes = -(-share // max(unit, most))
        return -(-share // stripes // unit) * unit


def _copy_leaves(mixed: Bytes, leaves: Bytes) -> None:
    """Mixed bytes of whole tile rows (rows x columns) as leaves, one after the other."""
    rows, columns = mixed.shape
    # A row of a tile is one element of 32 bytes: few and wide moves.
    runs = mixed.view(f"V{TILE}").reshape(rows // TILE, TILE, columns // TILE)
    target = leaves[: rows * columns // LEAF_BYTES].view(f"V{TILE}")
    np.copyto(target.reshape(rows // TILE, columns // TILE, TILE), runs.transpose(0, 2, 1))


def _require_memory(params: Params, stripes: int) -> None:
    """Raises ProverError when the machine cannot hold the proof at all."""
    needed = stripes + params.P * params.n * params.n + 4 * params.n * params.k
    needed += 32 * params.R * params.groups + 16 * params.L
    has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > has:
        raise ProverError(f"the proof needs {needed >> 20} MiB, the machine has {has >> 20}")


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return os.uname().machine
