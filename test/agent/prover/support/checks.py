"""Checks of the NumPy prover's parts that no request reaches. Prints one JSON object: check -> what
is wrong, or null. Run by engine.test.ts with the vectors' file as its argument."""

import hashlib
import json
import os
import resource
import struct
import sys
from dataclasses import replace

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from prover import derivations, self_test as tested
from prover.blake3 import Tree, value_bytes
from prover.chacha8 import OperandRows, key_words, keystream
from prover.mix import Mixer, mix
from prover.numpy_engine import NumpyEngine
from prover.parameters import Params, ProverError
from prover.self_test import check_engine
from prover.team import Member, run_team
from prover.walk import LaneBlock
from run_checks import run_checks, same

with open(sys.argv[1], encoding="utf-8") as file:
    PRIMITIVES = json.load(file)["primitives"][0]
GIVEN, EXPECTED = PRIMITIVES["inputs"], PRIMITIVES["expected"]


def params(n: int, k: int, R: int, P: int) -> Params:
    walk = (64, 1, 1) if P else (0, 0, 0)
    return Params(2 if P else 1, n, k, R, P, walk[0], walk[1], 1, walk[2])


def seed_of(t: int, root_before: bytes) -> bytes:
    return hashlib.sha256(struct.pack("<I", t) + root_before).digest()


def chacha8() -> None:
    zero = keystream(bytes(32), np.zeros((1, 3), np.uint32), 1)
    same(zero.tobytes().hex(), EXPECTED["chacha8_zero_64"])
    nonce = np.array([GIVEN["chacha_nonce"]], np.uint32)
    stream = keystream(bytes.fromhex(GIVEN["chacha_key"]), nonce, 2)
    same(stream.tobytes().hex(), EXPECTED["chacha8_128"])


def operand_rows() -> None:
    """Rows that are made fast hold the operands of the plain generator, in one order for all
    rows."""
    key = hashlib.sha256(b"operands").digest()
    for k in (64, 192, 1024):
        rows, first = 37, 4_294_967_280 - 40
        out = np.empty((rows, k), np.float32)
        OperandRows(k, lanes=128).fill(key, (7, 1), first, out)
        nonces = np.array([[7, 1, first + row] for row in range(rows)], np.uint32)
        plain = keystream(key, nonces, k // 64).view(np.uint8).astype(np.int64) >> 3
        order = out / 8 + 16
        # A column of the fast rows is a column of the plain ones; which one, the first rows tell.
        columns = {tuple(column) for column in plain.T.tolist()}
        same({tuple(column) for column in order.T.astype(int).tolist()}, columns)
        same(sorted(order.T.astype(int).tolist()), sorted(plain.T.tolist()))
    same(key_words(bytes(range(32)))[0], 0x03020100)


def mixed_bytes() -> None:
    given = np.array(GIVEN["mix_in"], np.int64).astype(np.uint32)
    same(mix(given).tobytes().hex(), EXPECTED["mix_out"])
    values = np.concatenate((np.arange(-70_000, 70_000), [-(2**24), 2**24])).astype(np.int64)
    out = np.empty(len(values), np.uint8)
    Mixer(6).fill((values * 64).astype(np.float32), out)
    same(out.tobytes(), mix(values.astype(np.uint32)).tobytes())


def largest_sum() -> None:
    """A and B all -16 with the longest inner length: 2^24 exactly, the root of the vectors."""
    k = GIVEN["flat_k"]
    operands = np.full((32, k), -16 * 8, np.float32)
    c = operands @ operands.T
    same(set(c.reshape(-1).tolist()), {64.0 * EXPECTED["flat_c"]})
    leaf = np.empty((32, 32), np.uint8)
    Mixer(6).fill(c, leaf)
    same(set(leaf.reshape(-1).tolist()), {EXPECTED["flat_leaf_byte"]})
    root = Tree().leaf_values(leaf.reshape(1, 1024), np.zeros(1, np.uint32), root=True)
    same(value_bytes(root).tobytes().hex(), EXPECTED["flat_root"])


def tree() -> None:
    leaves = b"".join(hashlib.sha256(struct.pack("<I", i)).digest() * 32 for i in range(8))
    chunks = np.frombuffer(leaves, np.uint8).reshape(8, 1024)
    values = Tree().leaf_values(chunks, np.arange(8, dtype=np.uint32))
    same([v.tobytes().hex() for v in value_bytes(values)], EXPECTED["tree8_chunk_cvs"])
    levels = Tree().levels(values)
    same(value_bytes(levels[-1]).tobytes().hex(), EXPECTED["tree8_root"])


def walk_step() -> None:
    key, nonce = bytes.fromhex(GIVEN["chacha_key"]), GIVEN["chacha_nonce"]
    block = LaneBlock(key, np.zeros(3, np.int64))
    block.state[:] = keystream(key, np.array([nonce], np.uint32), 16)
    same(block.addresses(1000).tolist(), [EXPECTED["walk_address_np_1000"]] * 3)
    leaf = b"".join(hashlib.sha256(struct.pack("<I", i)).digest() for i in range(32))
    block.step(np.tile(np.frombuffer(leaf, "<u4"), (3, 1)))
    for lane in range(3):
        after = block.state[lane].tobytes()
        same(after[:32].hex(), EXPECTED["walk_state_after_8_words"])
        same("sha256:" + hashlib.sha256(after).hexdigest(), EXPECTED["walk_state_after"])
        same(block.outs()[lane].tobytes().hex(), EXPECTED["walk_out"])


def made_again() -> None:
    """Leaves made again from a round's seed equal those of the pool, group by group, in any
    order."""
    for n, k, threads in ((64, 64, 1), (128, 192, 2), (256, 64, 1), (512, 64, 2), (4096, 64, 2)):
        p = params(n, k, 3, 2)
        engine = NumpyEngine(threads)
        engine.begin(p)
        seeds = []

        def remembered(t: int, root: bytes) -> bytes:
            seeds.append(seed_of(t, root))
            return seeds[-1]

        roots = engine.run(remembered).roots
        chance = np.random.default_rng(n)
        groups = chance.permutation(p.groups)[:9].tolist()
        for t in (1, 2):
            pooled = engine.pooled_groups(t, groups)
            same(pooled.shape, (len(groups), p.group, 1024))
            assert np.array_equal(pooled, engine.made_groups(t, seeds[t], groups)), (n, t)
        addresses = np.array([0, p.pool_leaves - 1, p.leaves])
        first = engine.pooled_groups(1, [0])[0, 0].tobytes()
        same(engine.pool_leaves(addresses)[0].tobytes(), first)
        alone = NumpyEngine(1)
        alone.begin(params(n, k, 3, 0))
        same(alone.run(seed_of).roots, roots)


def memory_bounded() -> None:
    """More rounds without a pool take no more memory; a stripe takes what it may in every class."""
    engine = NumpyEngine(1)

    def peak(R: int) -> int:
        engine.begin(params(512, 64, R, 0))
        engine.run(seed_of)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = peak(2)
    grown = peak(80) - before
    # The leaves of 78 rounds are 19.5 MiB; their groups' values 10 KiB.
    assert grown < 4096, f"{grown} KiB more after 80 rounds"
    for n, k in ((2048, 4096), (4096, 8192), (8192, 16_384), (16_384, 32_768), (32_768, 65_536)):
        for threads in (1, 3, 64):
            rows = NumpyEngine(threads)._stripe_rows(params(n, k, 1, 0))
            assert rows * (4 * k + 5 * n) <= 160 << 20, (n, k, threads, rows)


def lost_worker() -> None:
    """A worker that ends early is an error at the next meeting, and nobody stays behind."""

    def work(member: Member) -> None:
        if member.index == 1:
            os._exit(3)
        member.meet()

    try:
        run_team(3, work)
    except ProverError as error:
        assert "worker" in str(error)
    else:
        raise AssertionError("no error")
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return
    raise AssertionError("a process stays behind")


def self_test() -> None:
    """Each thing that an engine can get wrong is found."""
    tested._PARAMS = replace(tested._PARAMS, k=1024)
    check_engine(NumpyEngine(1))

    class LowPrecision(NumpyEngine):
        def made_groups(self, t, seed, groups):  # type: ignore[no-untyped-def]
            leaves = super().made_groups(t, seed, groups)
            leaves[..., ::3] ^= 1
            return leaves

    class WrongHash(NumpyEngine):
        def run(self, seed_of):  # type: ignore[no-untyped-def]
            rounds = super().run(seed_of)
            rounds.roots[-1] = bytes(32)
            return rounds

    class WrongPool(NumpyEngine):
        def pooled_groups(self, t, groups):  # type: ignore[no-untyped-def]
            leaves = super().pooled_groups(t, groups)
            leaves[-1, -1, -2] ^= 1
            return leaves

    class WrongWalk(NumpyEngine):
        def walk(self, key):  # type: ignore[no-untyped-def]
            outs = super().walk(key)
            outs[-1, -1] ^= 1
            return outs

    for broken, words in (
        (LowPrecision, "exact"),
        (WrongHash, "roots"),
        (WrongPool, "roots"),
        (WrongWalk, "walk"),
    ):
        try:
            check_engine(broken(1))
        except ProverError as error:
            assert words in str(error), error
        else:
            raise AssertionError(f"{broken.__name__} passes")


def draws() -> None:
    """Samples and lanes stay in range at the ends of the parameters."""
    for p in (params(64, 64, 1, 0), params(32_768, 64, 8192, 4)):
        samples, lanes = derivations.draw(p, bytes(32), bytes(32))
        assert all(0 <= t < p.R and 0 <= leaf < p.leaves for t, leaf in samples)
        assert len(lanes) == p.q and all(0 <= lane < p.L for lane in lanes)


CHECKS = [
    *(chacha8, operand_rows, mixed_bytes, largest_sum, tree, walk_step),
    *(made_again, memory_bounded, lost_worker, self_test, draws),
]

run_checks(CHECKS)
