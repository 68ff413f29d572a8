"""The prover as a process: one JSON object per line on stdin, one answer per line on stdout.

    begin      seed, device_pub, h0 (64 hex each), params   -> roots, h1, gemm_ms, total_ms
    walk       walk_seed                                    -> lane_root, ms
    open       sample_seed, h2, path                        -> bytes (of the opening, in the file)
    self_test                                               -> backend, device, refused
    drop                                                    -> (gives the proof's memory back)

Each request may carry an `id`, which comes back; answers have `ok`, and `error` (a sentence) when
it is false. Requests are answered one after the other; a wrong one harms neither the process nor
the proof under way. `begin` replaces the proof before. The process ends when stdin does.
"""

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

from .backends import Chosen
from .parameters import Params, ProverError
from .proof import Proof

_LINE_BYTES_MAX = 1 << 16
_HASH = re.compile("[0-9a-f]{64}")


class Server:
    """Answers requests for one engine."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._proof: Proof | None = None
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "begin": self._begin,
            "walk": self._walk,
            "open": self._open,
            "self_test": self._self_test,
            "drop": self._drop,
        }

    def answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one line. Never raises."""
        request_id: int | str | None = None
        try:
            request = _parse(line)
            request_id = _id(request)
            operation = self._operations.get(str(request.get("op")))
            if operation is None:
                raise ProverError(f"op is one of {', '.join(self._operations)}")
            return {"id": request_id, "ok": True, **operation(request)}
        except ProverError as error:
            return {"id": request_id, "ok": False, "error": str(error)}
        except MemoryError:
            return {"id": request_id, "ok": False, "error": "there is not enough memory"}
        except Exception as error:
            traceback.print_exc()
            text = traceback.format_exception_only(error)[-1].strip()
            return {"id": request_id, "ok": False, "error": f"the prover failed: {text}"}

    def _begin(self, request: dict[str, Any]) -> dict[str, Any]:
        seed, device_pub, h0 = (_hash(request, name) for name in ("seed", "device_pub", "h0"))
        params = Params.parse(request.get("params"))
        self._drop(request)
        proof = Proof(self._chosen.engine, params, seed, device_pub, h0)
        try:
            begun = proof.begin()
        except BaseException:
            self._chosen.engine.drop()
            raise
        self._proof = proof
        return {
            "roots": [root.hex() for root in begun.roots],
            "h1": begun.h1.hex(),
            "gemm_ms": round(begun.gemm_ms, 3),
            "total_ms": round(begun.total_ms, 3),
        }

    def _walk(self, request: dict[str, Any]) -> dict[str, Any]:
        walk_seed = _hash(request, "walk_seed")
        began = time.perf_counter()
        root = self._held().walk(walk_seed)
        ms = (time.perf_counter() - began) * 1000
        return {"lane_root": root.hex(), "ms": round(ms, 3)}

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        sample_seed, h2 = _hash(request, "sample_seed"), _hash(request, "h2")
        path = request.get("path")
        if not isinstance(path, str) or not path or "\0" in path:
            raise ProverError("path names a file")
        proof = self._held()
        try:
            return {"bytes": proof.open(sample_seed, h2, path)}
        except OSError as error:
            raise ProverError(f"the opening cannot be written: {error.strerror}") from error

    def _self_test(self, _request: dict[str, Any]) -> dict[str, Any]:
        engine = self._chosen.engine
        return {"backend": engine.name, "device": engine.device, "refused": self._chosen.refused}

    def _drop(self, _request: dict[str, Any]) -> dict[str, Any]:
        self._proof = None
        self._chosen.engine.drop()
        return {}

    def _held(self) -> Proof:
        if self._proof is None:
            raise ProverError("begin comes first")
        return self._proof


def serve(chosen: Chosen, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers lines until there are no more."""
    server = Server(chosen)
    while line := requests.readline(_LINE_BYTES_MAX + 1):
        rest = line
        while len(line) > _LINE_BYTES_MAX and rest and not rest.endswith(b"\n"):
            rest = requests.readline(_LINE_BYTES_MAX)
        answers.write(json.dumps(server.answer(line)).encode() + b"\n")
        answers.flush()


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > _LINE_BYTES_MAX:
        raise ProverError(f"a request has at most {_LINE_BYTES_MAX} bytes")
    try:
        # NaN and Infinity are Python's own, not JSON.
        request = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ProverError("a request is one line of JSON") from None
    if not isinstance(request, dict):
        raise ProverError("a request is a JSON object")
    return request


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _id(request: dict[str, Any]) -> int | str | None:
    value = request.get("id")
    if value is None or isinstance(value, str) or type(value) is int:
        return value
    raise ProverError("id is a whole number or a string")


def _hash(request: dict[str, Any], name: str) -> bytes:
    value = request.get(name)
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ProverError(f"{name} is 64 lower-case hex characters")
    return bytes.fromhex(value)


def protocol_streams() -> tuple[IO[bytes], IO[bytes]]:
    """stdin, and a stdout of our own: whatever else a library prints goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers
