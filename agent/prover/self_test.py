"""Checks an engine on a small proof before it is trusted with a real one.

A wrong opening counts as fraud, so an engine that is not exact must not be used at all: 64 entries
of C are computed again from the plain generator with integers, the round's tree is hashed again,
leaves made again must equal the pool's, and lanes are walked again on the CPU.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from .blake3 import Tree, value_bytes
from .chacha8 import keystream
from .columns import Bytes, Words
from .engine import Engine
from .mix import mix
from .parameters import LEAF_BYTES, TILE, Params, ProverError
from .walk import LaneBlock

_PARAMS = Params(profile=2, n=512, k=16_384, R=2, P=1, L=128, S=8, K=64, q=1)
_KEY = hashlib.sha256(b"prover/self-test").digest()
# Rows and columns of the entries that are computed again: 8 x 8, in different tiles.
_PLACES = np.arange(8) * 73


def check_engine(engine: Engine) -> None:
    """Raises ProverError when the engine is not exact. Drops the proof that the engine holds."""
    try:
        _check(engine)
    finally:
        engine.drop()


def _check(engine: Engine) -> None:
    seeds: list[bytes] = []

    def seed_of(t: int, root_before: bytes) -> bytes:
        seeds.append(hashlib.sha256(_KEY + bytes([t]) + root_before).digest())
        return seeds[-1]

    engine.begin(_PARAMS)
    roots = engine.run(seed_of).roots
    groups = list(range(_PARAMS.groups))
    rounds = (engine.made_groups(0, seeds[0], groups), engine.pooled_groups(1, groups))
    for t, leaves in enumerate(rounds):
        flat = leaves.reshape(-1, LEAF_BYTES)
        if not np.array_equal(_entries(flat), _expected_entries(t, seeds[t])):
            raise ProverError("the engine's products are not exact")
        values = Tree().leaf_values(flat, np.arange(_PARAMS.leaves, dtype=np.uint32))
        if value_bytes(Tree().levels(values)[-1]).tobytes() != roots[t]:
            raise ProverError("the engine's leaves do not lead to its roots")
    pool = rounds[1].reshape(-1, LEAF_BYTES).view("<u4")
    if not np.array_equal(engine.walk(_KEY), _expected_outs(pool)):
        raise ProverError("the engine's walk is wrong")


def _expected_entries(t: int, seed: bytes) -> Bytes:
    """Mixed bytes at _PLACES x _PLACES, from the definition."""

    def rows(matrix: int) -> NDArray[np.float64]:
        nonces = np.array([[t, matrix, place] for place in _PLACES], np.uint32)
        stream = keystream(seed, nonces, _PARAMS.k // 64).astype("<u4", copy=False)
        # Doubles hold these sums of integers exactly.
        return (stream.view(np.uint8) >> 3).astype(np.float64) - 16

    return mix((rows(0) @ rows(1).T).astype(np.int64).astype(np.uint32))


def _entries(leaves: Bytes) -> Bytes:
    """The bytes at _PLACES x _PLACES of a round's leaves."""
    i, j = _PLACES[:, None], _PLACES[None, :]
    leaf = i // TILE * (_PARAMS.n // TILE) + j // TILE
    return leaves[leaf, i % TILE * TILE + j % TILE]


def _expected_outs(pool: Words) -> Bytes:
    lanes = LaneBlock(_KEY, np.arange(_PARAMS.L))
    for _ in range(_PARAMS.S):
        lanes.step(pool[lanes.addresses(len(pool))])
    return lanes.outs()
