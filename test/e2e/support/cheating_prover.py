"""The agent's prover with a way to cheat, for journeys: while the file named first exists, one byte of
the first leaf of each opening is changed, as by a prover that did not do the work it committed to.

    python cheating_prover.py FLAG -m prover serve ...
"""

import os
import runpy
import sys

flag, _, module, *arguments = sys.argv[1:]

# What the prover's own entry sets before NumPy is loaded, which the next import does.
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

from prover.proof import Proof  # noqa: E402

open_honestly = Proof.open


def open_falsely(self: Proof, sample_seed: bytes, h2: bytes, path: str) -> int:
    length = open_honestly(self, sample_seed, h2, path)
    if os.path.exists(flag):
        with open(path, "r+b") as file:
            # Behind the roots stands the first leaf.
            file.seek(32 * self._params.R)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
    return length


Proof.open = open_falsely  # type: ignore[method-assign]
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
