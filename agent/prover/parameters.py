"""The parameters of a proof, their bounds, and the numbers that follow from them."""

from dataclasses import dataclass, fields
from typing import Any

LEAF_BYTES = 1024
TILE = 32
# Chaining values are kept for groups of this many leaves; an opening hashes one group again.
GROUP_LEAVES = 64
LANE_OUT_BYTES = 16
LANES_PER_CHUNK = LEAF_BYTES // LANE_OUT_BYTES
NODE_BYTES = 32


class ProverError(Exception):
    """A request that cannot be served; its text is for whoever sent it."""


@dataclass(frozen=True)
class Params:
    """The protocol's letters: C is n x n with inner length k, R rounds of which the last P are the
    pool, L lanes of S steps, K samples and q lanes to open."""

    profile: int
    n: int
    k: int
    R: int
    P: int
    L: int
    S: int
    K: int
    q: int

    @staticmethod
    def parse(value: Any) -> "Params":
        """Parameters from a request. Raises ProverError with the bound that is broken."""
        if not isinstance(value, dict):
            raise ProverError("params is an object")
        numbers = {}
        for field in fields(Params):
            number = value.get(field.name)
            if isinstance(number, bool) or not isinstance(number, int):
                raise ProverError(f"params.{field.name} is an integer")
            numbers[field.name] = number
        params = Params(**numbers)
        broken = params._broken_bound()
        if broken is not None:
            raise ProverError(f"params: {broken}")
        return params

    def _broken_bound(self) -> str | None:
        if not 0 <= self.profile <= 2:
            return "profile is 0, 1 or 2"
        if not 64 <= self.n <= 32_768 or self.n & (self.n - 1):
            return "n is a power of two in 64..32768"
        if not 64 <= self.k <= 65_536 or self.k % 64:
            return "k is a multiple of 64 in 64..65536"
        if not 1 <= self.R <= 8_192:
            return "R is in 1..8192"
        if not 0 <= self.P <= self.R:
            return "P is in 0..R"
        if not 1 <= self.K <= 65_536:
            return "K is in 1..65536"
        if self.P == 0:
            return None if self.L == self.S == self.q == 0 else "L, S and q are 0 without a pool"
        if not 64 <= self.L <= 2**31 or self.L & (self.L - 1):
            return "L is a power of two in 64..2^31"
        if not 1 <= self.S <= 65_536:
            return "S is in 1..65536"
        if not 1 <= self.q <= 65_536:
            return "q is in 1..65536"
        return None if self.pool_leaves < 2**32 else "the pool is below 2^32 leaves"

    @property
    def has_walk(self) -> bool:
        return self.P > 0

    @property
    def leaves(self) -> int:
        """Leaves of one round: a power of four, at least 4."""
        return self.n * self.n // LEAF_BYTES

    @property
    def pool_leaves(self) -> int:
        return self.P * self.leaves

    @property
    def first_pooled(self) -> int:
        """The first round whose leaves are kept."""
        return self.R - self.P

    @property
    def group(self) -> int:
        """Leaves of a group: 64, or the whole round where it has fewer."""
        return min(GROUP_LEAVES, self.leaves)

    @property
    def groups(self) -> int:
        return self.leaves // self.group

    @property
    def opening_bytes(self) -> int:
        """The length that the protocol gives the opening."""
        leaf = LEAF_BYTES + NODE_BYTES * (self.leaves.bit_length() - 1)
        if not self.has_walk:
            return NODE_BYTES * self.R + self.K * leaf
        lane = LEAF_BYTES + NODE_BYTES * ((self.L // LANES_PER_CHUNK).bit_length() - 1)
        return NODE_BYTES * self.R + self.K * leaf + self.q * (lane + self.S * leaf)
