"""One proof from its seed to its opening, whatever the backend: begin, walk, open, in this order.

Holds hashes, roots and the lanes' outs; all that is large stays in the engine. Signs nothing: it
never sees the device's key.
"""

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from . import derivations
from .blake3 import Tree, value_bytes
from .columns import Bytes, Words
from .engine import Engine
from .parameters import LANES_PER_CHUNK, LEAF_BYTES, Params, ProverError
from .walk import LaneBlock

# Groups of leaves that an opening holds at a time: at most 16 MiB.
_GROUPS_AT_ONCE = 256


@dataclass(frozen=True)
class Begun:
    """The commitment's parts, and how long the rounds took."""

    roots: list[bytes]
    h1: bytes
    gemm_ms: float
    total_ms: float


class Proof:
    """The proof that an engine works on."""

    def __init__(
        self, engine: Engine, params: Params, seed: bytes, device_pub: bytes, h0: bytes
    ) -> None:
        self._engine = engine
        self._params = params
        self._seed = seed
        self._device_pub = device_pub
        self._h0 = h0
        self._params_hash = derivations.params_hash(params)
        self._tree = Tree()
        self._roots: list[bytes] = []
        self._h1 = b""
        self._walk: tuple[bytes, bytes] | None = None
        self._lane_key = b""
        self._outs: Bytes = np.empty((0, 16), np.uint8)

    def begin(self) -> Begun:
        """Takes the memory and works through all rounds."""
        began = time.perf_counter()
        self._engine.begin(self._params)
        rounds = self._engine.run(self._round_seed)
        self._roots = rounds.roots
        self._h1 = derivations.h1(self._h0, rounds.roots)
        total_ms = (time.perf_counter() - began) * 1000
        return Begun(rounds.roots, self._h1, rounds.gemm_ms, total_ms)

    def walk(self, walk_seed: bytes) -> bytes:
        """Walks all lanes; answers the root of their outs."""
        if not self._params.has_walk:
            raise ProverError("this proof has no walk")
        self._lane_key = derivations.walk_key(walk_seed, self._h1)
        self._outs = self._engine.walk(self._lane_key)
        root = value_bytes(self._lane_levels()[-1]).tobytes()
        self._walk = (walk_seed, root)
        return root

    def open(self, sample_seed: bytes, h2: bytes, path: str) -> int:
        """Writes the opening to the file `path`, which appears whole or not at all; answers its
        length."""
        if self._params.has_walk and self._walk is None:
            raise ProverError("walk comes before open")
        if h2 != derivations.h2(self._h1, self._walk):
            raise ProverError("h2 is not this proof's")
        samples, lanes = derivations.draw(self._params, sample_seed, h2)
        steps = self._trace(lanes)
        sections = self._leaf_sections([*samples, *(step for lane in steps for step in lane)])
        parts = [*self._roots, *(sections[sample] for sample in samples)]
        for lane, lane_steps in zip(self._lane_sections(lanes), steps):
            parts += [lane, *(sections[step] for step in lane_steps)]
        return _write_whole(path, parts)

    def _round_seed(self, t: int, root_before: bytes) -> bytes:
        return derivations.round_seed(
            self._seed, self._device_pub, self._params_hash, t, root_before
        )

    def _lane_levels(self) -> list[Words]:
        """The levels over the chunks of outs; a single chunk is its own root."""
        chunks = self._outs.reshape(-1, LEAF_BYTES)
        indexes = np.arange(len(chunks), dtype=np.uint32)
        values = self._tree.leaf_values(chunks, indexes, root=len(chunks) == 1)
        return self._tree.levels(values)

    def _trace(self, lanes: list[int]) -> list[list[tuple[int, int]]]:
        """The (round, leaf) of every step of the lanes, which are walked once more."""
        if not lanes:
            return []
        params = self._params
        block = LaneBlock(self._lane_key, np.array(lanes))
        steps: list[list[tuple[int, int]]] = [[] for _ in lanes]
        for _ in range(params.S):
            addresses = block.addresses(params.pool_leaves)
            for lane, address in zip(steps, addresses.tolist()):
                t, leaf = divmod(address, params.leaves)
                lane.append((params.first_pooled + t, leaf))
            block.step(self._engine.pool_leaves(addresses))
        if not np.array_equal(block.outs(), self._outs[lanes]):
            raise ProverError("the walk does not repeat: the pool or the engine is broken")
        return steps

    def _lane_sections(self, lanes: list[int]) -> list[bytes]:
        if not lanes:
            return []
        levels = [value_bytes(level) for level in self._lane_levels()[:-1]]
        chunks = self._outs.reshape(-1, LEAF_BYTES)
        places = [lane // LANES_PER_CHUNK for lane in lanes]
        return [chunks[place].tobytes() + _path(levels, place) for place in places]

    def _leaf_sections(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Leaf and path of each (round, leaf)."""
        params = self._params
        by_round: dict[int, dict[int, list[int]]] = {}
        for t, leaf in set(wanted):
            by_round.setdefault(t, {}).setdefault(leaf // params.group, []).append(leaf)
        sections: dict[tuple[int, int], bytes] = {}
        for t, by_group in sorted(by_round.items()):
            seed = self._round_seed(t, self._roots[t - 1] if t > 0 else derivations.NO_ROOT)
            levels = self._tree.levels(self._engine.group_values(t))
            if value_bytes(levels[-1]).tobytes() != self._roots[t]:
                raise ProverError(f"round {t}: the kept values do not lead to its root")
            upper = [value_bytes(level) for level in levels[:-1]]
            groups = sorted(by_group)
            for start in range(0, len(groups), _GROUPS_AT_ONCE):
                part = groups[start : start + _GROUPS_AT_ONCE]
                leaves, lower = self._group_leaves(t, seed, part, levels[0])
                for place, group in enumerate(part):
                    for leaf in by_group[group]:
                        at = place * params.group + leaf % params.group
                        path = _path(lower, at) + _path(upper, group)
                        sections[t, leaf] = leaves[at].tobytes() + path
        return sections

    def _group_leaves(
        self, t: int, seed: bytes, groups: list[int], kept: Words
    ) -> tuple[Bytes, list[Bytes]]:
        """The leaves of some groups of a round, and the nodes between them and their groups'
        values. A leaf that does not lead to the kept value is never given out: it would count as
        fraud."""
        params = self._params
        if t >= params.first_pooled:
            leaves = self._engine.pooled_groups(t, groups)
        else:
            leaves = self._engine.made_groups(t, seed, groups)
        leaves = leaves.reshape(-1, LEAF_BYTES)
        firsts = np.array(groups, np.uint32) * np.uint32(params.group)
        indexes = (firsts[:, None] + np.arange(params.group, dtype=np.uint32)).reshape(-1)
        values = self._tree.leaf_values(leaves, indexes)
        lower = []
        while values.shape[1] > len(groups):
            lower.append(value_bytes(values))
            last = params.groups == 1 and values.shape[1] == 2
            values = self._tree.parents(values, root=last)
        if not np.array_equal(values, kept[:, groups]):
            raise ProverError(f"round {t}: leaves do not lead to the value that was kept")
        return leaves, lower


def _path(levels: list[Bytes], index: int) -> bytes:
    """The siblings of node `index` of the lowest level, upwards."""
    return b"".join(level[index >> up ^ 1].tobytes() for up, level in enumerate(levels))


def _write_whole(path: str, parts: list[bytes]) -> int:
    """Writes the parts to a new file beside `path` and moves it there."""
    handle, draft = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".opening-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            length = file.tell()
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    return length
