"""Which backend a prover uses: the first that this machine has and that passes the self-test."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from .engine import Engine
from .numpy_engine import NumpyEngine
from .self_test import check_engine

BACKENDS = ("cuda-int8", "cuda-bf16", "numpy")


class NoBackend(Exception):
    """No backend of those allowed can be used; the text names the reasons."""


@dataclass(frozen=True)
class Chosen:
    """An engine that passed its self-test, and why those before it did not come to it."""

    engine: Engine
    refused: list[dict[str, str]]


def choose_engine(backend: str, gpu: int, threads: int) -> Chosen:
    """`backend`: "auto" or one of BACKENDS; `gpu`: index of the GPU; `threads`: for the CPU.

    Raises NoBackend.
    """
    makers: dict[str, Callable[[], Engine]] = {
        "cuda-int8": lambda: _cuda(gpu, "cuda-int8"),
        "cuda-bf16": lambda: _cuda(gpu, "cuda-bf16"),
        "numpy": lambda: NumpyEngine(threads),
    }
    refused: list[dict[str, str]] = []
    for name in _order(gpu) if backend == "auto" else (backend,):
        try:
            engine = makers[name]()
            check_engine(engine)
            return Chosen(engine, refused)
        except Exception as error:  # Whatever a driver or a library raises, the next one may work.
            refused.append({"backend": name, "reason": _reason(error)})
    raise NoBackend("; ".join(f"{one['backend']}: {one['reason']}" for one in refused))


def _order(gpu: int) -> tuple[str, ...]:
    """On chips whose int8 units are slow, bf16 comes first."""
    try:
        from .cuda_engine import prefers_bf16

        if prefers_bf16(gpu):
            return ("cuda-bf16", "cuda-int8", "numpy")
    except Exception:  # No CuPy, no driver, no GPU: each backend says so itself.
        pass
    return BACKENDS


def _cuda(gpu: int, name: str) -> Engine:
    # CuPy is no dependency: it is imported only when a CUDA backend is asked for.
    from .cuda_engine import cuda_engine

    return cuda_engine(gpu, name)


def _reason(error: Exception) -> str:
    return traceback.format_exception_only(error)[-1].strip()
