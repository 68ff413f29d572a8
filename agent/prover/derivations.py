"""The chain of hashes of poc/1, from the seed to the samples."""

import hashlib
import struct

import numpy as np
from numpy.typing import NDArray

from .chacha8 import keystream
from .columns import Words
from .parameters import Params

NO_ROOT = bytes(32)
_LANE_NONCE = 0x57414C4B
_SAMPLE_NONCE = 0x53


def u32le(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def params_hash(p: Params) -> bytes:
    numbers = u32le(1, p.profile, p.n, p.k, p.R, p.P, p.L, p.S, p.K, p.q)
    return hashlib.sha256(b"poc/params" + numbers).digest()


def round_seed(
    seed: bytes, device_pub: bytes, hash_of_params: bytes, t: int, root_before: bytes
) -> bytes:
    parts = (b"poc/round", seed, device_pub, hash_of_params, u32le(t), root_before)
    return hashlib.sha256(b"".join(parts)).digest()


def h1(h0: bytes, roots: list[bytes]) -> bytes:
    return hashlib.sha256(b"poc/c1" + h0 + b"".join(roots)).digest()


def walk_key(walk_seed: bytes, h1_: bytes) -> bytes:
    return hashlib.sha256(b"poc/walk" + walk_seed + h1_).digest()


def h2(h1_: bytes, walk: tuple[bytes, bytes] | None) -> bytes:
    """`walk`: the walk's seed and the lanes' root, or None without a walk."""
    return hashlib.sha256(b"poc/c2" + h1_ + b"".join(walk or ())).digest()


def lane_starts(key: bytes, lanes: NDArray[np.int64]) -> Words:
    """The 256 words that each lane starts with."""
    nonces = np.zeros((len(lanes), 3), np.uint32)
    nonces[:, 0] = _LANE_NONCE
    nonces[:, 1] = lanes
    return keystream(key, nonces, 16)


def draw(p: Params, sample_seed: bytes, h2_: bytes) -> tuple[list[tuple[int, int]], list[int]]:
    """The samples as (round, leaf), and the lanes to open, both in draw order. Which entry of the
    leaf the verifier computes is of no matter to the prover."""
    key = hashlib.sha256(b"poc/sample" + sample_seed + h2_).digest()
    blocks = -(-(4 * p.K + p.q) // 16)
    words = keystream(key, np.array([[_SAMPLE_NONCE, 0, 0]], np.uint32), blocks)[0].tolist()
    samples = [
        (words[4 * s] * p.R >> 32, words[4 * s + 1] * p.leaves >> 32) for s in range(p.K)
    ]
    return samples, [words[4 * p.K + i] * p.L >> 32 for i in range(p.q)]
