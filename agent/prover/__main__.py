"""`python -m prover serve` and `python -m prover self-test`."""

import argparse
import json
import os
import sys

from . import CAN_FORK

_BLAS_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_BACKENDS = ("auto", "cuda-int8", "cuda-bf16", "numpy")


def main() -> int:
    """Returns the exit status: 0, or 1 when no backend can be used."""
    arguments = _arguments()
    # The BLAS reads these when NumPy is loaded, so nothing above may import it.
    for name in _BLAS_THREADS:
        os.environ[name] = "1" if CAN_FORK else str(arguments.threads)
    from .backends import NoBackend, choose_engine
    from .serve import protocol_streams, serve

    requests, answers = protocol_streams()
    members = arguments.threads if CAN_FORK else 1
    try:
        chosen = choose_engine(arguments.backend, arguments.gpu, members)
    except NoBackend as error:
        sys.stderr.write(f"prover: {error}\n")
        return 1
    if arguments.command == "serve":
        serve(chosen, requests, answers)
    else:
        engine = chosen.engine
        report = {"backend": engine.name, "device": engine.device, "refused": chosen.refused}
        answers.write(json.dumps(report).encode() + b"\n")
        answers.flush()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prover", description="Provers of poc/1.")
    parser.add_argument("command", choices=("serve", "self-test"))
    parser.add_argument("--backend", choices=_BACKENDS, default="auto")
    parser.add_argument("--gpu", type=int, default=0, help="index of the GPU (default: 0)")
    parser.add_argument(
        "--threads", type=_count, default=_cpus(), help="for the CPU (default: all that it has)"
    )
    return parser.parse_args()


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 1024:
        raise argparse.ArgumentTypeError("1 to 1024")
    return count


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
