"""Checks of the CUDA backends with their kernels in the emulator. Prints one JSON object
(run_checks.py). Arguments: the emulator's library, the vectors' file."""

import hashlib
import json
import os
import struct
import sys
import tempfile
from dataclasses import replace

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from emulated_device import EmulatedDevice
from prover import cuda_engine, self_test as tested
from prover.blake3 import Tree
from prover.chacha8 import keystream
from prover.cuda_engine import CudaEngine
from prover.derivations import NO_ROOT
from prover.mix import mix
from prover.numpy_engine import NumpyEngine
from prover.parameters import Params, ProverError
from prover.proof import Proof
from prover.self_test import check_engine
from run_checks import run_checks, same

LIBRARY = sys.argv[1]
with open(sys.argv[2], encoding="utf-8") as file:
    PROOFS = json.load(file)["proofs"]
BACKENDS = ("cuda-int8", "cuda-bf16")
KERNELS = {"operands_i8", "operands_bf16", "leaves_i32", "leaves_f32", "reduce_values", "walk"}


def devices() -> list[EmulatedDevice]:
    return [EmulatedDevice(LIBRARY, backwards) for backwards in (False, True)]


def seed_of(t: int, root_before: bytes) -> bytes:
    return hashlib.sha256(struct.pack("<I", t) + root_before).digest()


def vectors() -> None:
    """Both backends reproduce every published proof, in both orders of threads."""
    for backend in BACKENDS:
        for device in devices():
            for proof in PROOFS:
                reproduce(CudaEngine(backend, device), proof["inputs"], proof["expected"])
            device.check()


def reproduce(engine: CudaEngine, inputs: dict, expected: dict) -> None:
    walks = "lane_root" in expected
    params = Params.parse({"profile": 2 if walks else 1, **inputs["params"]})
    seed, device_pub, h0 = (bytes.fromhex(expected[x]) for x in ("seed", "device_pub", "h0"))
    proof = Proof(engine, params, seed, device_pub, h0)
    begun = proof.begin()
    same([root.hex() for root in begun.roots], expected["roots"])
    same(begun.h1.hex(), expected["h1"])
    if walks:
        same(proof.walk(bytes.fromhex(inputs["walk_seed"])).hex(), expected["lane_root"])
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/opening"
        draw = (bytes.fromhex(inputs["sample_seed"]), bytes.fromhex(expected["h2"]))
        same(proof.open(*draw, path), expected["opening_length"])
        with open(path, "rb") as file:
            same(hashlib.sha256(file.read()).hexdigest(), expected["opening_sha256"])


def operands() -> None:
    """The operands are int5 of the plain generator's bytes, in both forms."""
    k, rows, first = 192, 5, 29
    key = hashlib.sha256(b"operands").digest()
    for device in devices():
        for backend in BACKENDS:
            engine = CudaEngine(backend, device)
            for which in (0, 1):
                out = device.empty((rows, k), np.int8 if backend == "cuda-int8" else np.uint16)
                engine._make_operands(key, 3, which, first, out)
                nonces = np.array([[3, which, first + row] for row in range(rows)], np.uint32)
                wanted = (keystream(key, nonces, k // 64).view(np.uint8) >> 3).astype(int) - 16
                found = out.astype(int)
                if backend == "cuda-bf16":
                    found = (out.astype(np.uint32) << 16).view(np.float32).astype(int)
                same(found.tolist(), wanted.tolist())
                same(sorted(set(found.reshape(-1).tolist())), list(range(-16, 16)))
        device.check()


def leaves() -> None:
    """Leaves and groups' values of products at the ends of their range."""
    chance = np.random.default_rng(5)
    params = Params(1, 256, 64, 1, 0, 0, 0, 1, 0)
    products = chance.integers(-(2**24), 2**24 + 1, (256, 256))
    products[:2, :3] = [[2**24, -(2**24), 0], [1, -1, 2**24 - 1]]
    mixed = mix(products.astype(np.uint32))
    wanted = mixed.reshape(8, 32, 8, 32).transpose(0, 2, 1, 3).reshape(64, 1024)
    indexes = np.arange(64, dtype=np.uint32)
    levels = Tree().levels(Tree().leaf_values(np.ascontiguousarray(wanted), indexes))
    for device in devices():
        for backend, kind in zip(BACKENDS, (np.int32, np.float32)):
            engine = CudaEngine(backend, device)
            engine.begin(params)
            c = device.empty((256, 256), kind)
            c[:] = products
            found = device.empty((64, 256), np.uint32)
            values = device.empty((1, 8), np.uint32)
            engine._hash_leaves(c, 0, found, values)
            same(found.view(np.uint8).tobytes(), wanted.tobytes())
            same(values[0].tolist(), levels[-1][:, 0].tolist())
        device.check()


def large_tree() -> None:
    """A tree over more groups than one launch reduces."""
    cuda_engine._STRIPE_ROWS = 32
    params = Params(1, 8192, 64, 1, 0, 0, 0, 1, 0)
    for device in devices():
        engine = CudaEngine("cuda-int8", device)
        engine.begin(params)
        values = device.empty((params.groups, 8), np.uint32)
        values[:] = np.random.default_rng(6).integers(0, 2**32, values.shape)
        root = Tree().levels(np.ascontiguousarray(values.T))[-1][:, 0]
        same(engine._root(values).tolist(), root.tolist())
        device.check()


def agree() -> None:
    """The engine agrees with NumPy's in all that it answers: stripes, groups across and within tile
    rows."""
    shapes = ((256, 192, 64), (512, 64, 128), (4096, 64, 4096))
    for at, (n, k, rows) in enumerate(shapes):
        device, backend = devices()[at % 2], BACKENDS[at % 2]
        cuda_engine._STRIPE_ROWS = rows
        params = Params(2, n, k, 1 if n == 4096 else 3, 1, 128, 3, 1, 1)
        engines = [NumpyEngine(1), CudaEngine(backend, device)]
        for engine in engines:
            engine.begin(params)
        plain, emulated = (engine.run(seed_of).roots for engine in engines)
        same(emulated, plain)
        groups = np.random.default_rng(n).permutation(params.groups)[:6].tolist()
        last = params.R - 1
        seed = seed_of(last, plain[last - 1] if last > 0 else NO_ROOT)
        addresses = np.array([0, params.pool_leaves - 1, 7])
        for answer in (
            lambda engine: engine.group_values(0),
            lambda engine: engine.pooled_groups(last, groups),
            lambda engine: engine.made_groups(last, seed, groups),
            lambda engine: engine.pool_leaves(addresses),
            lambda engine: engine.walk(seed),
        ):
            found, wanted = (answer(engine) for engine in reversed(engines))
            assert found.shape == wanted.shape and np.array_equal(found, wanted), (n, backend)
        engines[1].drop()


def self_test() -> None:
    """The self-test passes with the true kernels, and fails with products that lose bits."""
    cuda_engine._STRIPE_ROWS = 4096
    tested._PARAMS = replace(tested._PARAMS, k=1024)

    class LowPrecision(EmulatedDevice):
        def multiply(self, a, bt, c):  # type: ignore[no-untyped-def]
            super().multiply(a, bt, c)
            # What an accumulator of 11 significant bits leaves.
            np.copyto(c, c.astype(np.float16).astype(c.dtype))

    check_engine(CudaEngine("cuda-int8", EmulatedDevice(LIBRARY, False)))
    try:
        check_engine(CudaEngine("cuda-bf16", LowPrecision(LIBRARY, False)))
    except ProverError as error:
        same(str(error), "the engine's products are not exact")
    else:
        raise AssertionError("low precision passes")


def all_kernels() -> None:
    """The checks before left no kernel out."""
    same(EmulatedDevice.launched, KERNELS)


run_checks([vectors, operands, leaves, large_tree, agree, self_test, all_kernels])
