"""What a backend computes for a proof. The proof's own steps (proof.py) are the same for all of
them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .columns import Bytes, Words
from .parameters import Params


@dataclass(frozen=True)
class Rounds:
    """What all rounds came to."""

    roots: list[bytes]
    # Time of the matrix products alone, in milliseconds: the mean over workers that share them.
    gemm_ms: float


class Engine(Protocol):
    """One processor. Serves one proof at a time."""

    # "numpy", "cuda-int8" or "cuda-bf16".
    name: str
    # What the processor calls itself.
    device: str

    def begin(self, params: Params) -> None:
        """Takes the memory that a proof needs, and drops the proof before. Raises ProverError when
        there is not enough."""

    def run(self, seed_of: Callable[[int, bytes], bytes]) -> Rounds:
        """All rounds in order. `seed_of(t, root of the round before)` answers the round's seed."""

    def group_values(self, t: int) -> Words:
        """The chaining values of round t's groups: 8 planes."""

    def pooled_groups(self, t: int, groups: list[int]) -> Bytes:
        """Leaves of groups of a pooled round, from the pool: len(groups) x leaves of a group x
        1024."""

    def made_groups(self, t: int, seed: bytes, groups: list[int]) -> Bytes:
        """The same of any round, computed again from the round's seed."""

    def pool_leaves(self, addresses: NDArray[np.int64]) -> Words:
        """Leaves of the pool by their address in it, as words: len(addresses) x 256. A copy."""

    def walk(self, key: bytes) -> Bytes:
        """The outs of all lanes: L x 16."""

    def drop(self) -> None:
        """Gives the memory of the proof back."""


def group_place(params: Params, group: int) -> tuple[int, int]:
    """First row and first column of a group of leaves in C."""
    tiles = params.n // 32
    leaf = group * params.group
    return leaf // tiles * 32, leaf % tiles * 32


def group_shape(params: Params) -> tuple[int, int]:
    """Rows and columns of C that a group of leaves covers."""
    tiles = params.n // 32
    return 32 * max(1, params.group // tiles), 32 * min(tiles, params.group)
