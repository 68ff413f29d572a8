"""One CUDA GPU as the engine needs it: memory, kernels, products and times, through CuPy.

The engine knows only what `Device` says, so that tests give it a device that runs the same kernels
on the CPU. CuPy is imported here alone, and only when a CUDA backend is asked for.
"""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .cublaslt import TensorCores
from .parameters import ProverError

# 32 MiB is what cuBLAS itself takes on Hopper.
_WORKSPACE_BYTES = 32 << 20


class Device(Protocol):
    """A GPU. Arrays are its own and slice like NumPy's; what is queued runs in order."""

    name: str

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Memory of the device. Raises ProverError when there is not enough."""

    def release(self) -> None:
        """Gives back what no array uses any more."""

    def launch(self, kernel: str, blocks: int, threads: int, *arguments: Any) -> None:
        """Queues a kernel of kernels.cu. Arguments are arrays, or integers for u32."""

    def multiply(self, a: Any, bt: Any, c: Any) -> None:
        """Queues C = A B on the tensor cores. Arrays are contiguous: rows x k, columns x k."""

    def gemm_ms(self) -> float:
        """Waits for all that was queued; answers the products' time since the last call, in ms."""

    def fetch(self, array: Any) -> NDArray[Any]:
        """Waits for all that was queued; answers a copy in the host's memory."""

    def fetch_rows(self, array: Any, rows: NDArray[np.int64]) -> NDArray[Any]:
        """A copy of some rows of an array in the host's memory."""


def capability(gpu: int) -> tuple[int, int]:
    """The compute capability of a GPU. Raises when there is no CuPy, no driver or no such GPU."""
    import cupy

    properties = cupy.cuda.runtime.getDeviceProperties(gpu)
    return properties["major"], properties["minor"]


class CudaDevice:
    """A GPU with CuPy. `integers`: products of int8, else of bfloat16."""

    def __init__(self, gpu: int, integers: bool) -> None:
        import cupy

        self._cupy = cupy
        cupy.cuda.Device(gpu).use()
        properties = cupy.cuda.runtime.getDeviceProperties(gpu)
        self.name = properties["name"].decode()
        source = Path(__file__).with_name("kernels.cu").read_text(encoding="utf-8")
        self._module = cupy.RawModule(code=source, options=("--std=c++17",), backend="nvrtc")
        self._kernels: dict[str, Any] = {}
        # Loads the BLAS libraries of this CuPy, which TensorCores then finds.
        cupy.cuda.Device(gpu).cublas_handle  # noqa: B018
        self._workspace = cupy.empty(_WORKSPACE_BYTES, np.uint8)
        self._tensor_cores = TensorCores(integers, self._workspace.data.ptr, _WORKSPACE_BYTES)
        self._stream = cupy.cuda.get_current_stream()
        self._spans: list[tuple[Any, Any]] = []

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        try:
            return self._cupy.empty(shape, dtype)
        except self._cupy.cuda.memory.OutOfMemoryError as error:
            raise ProverError(f"the GPU has not enough memory: {error}") from error

    def release(self) -> None:
        self._cupy.get_default_memory_pool().free_all_blocks()

    def launch(self, kernel: str, blocks: int, threads: int, *arguments: Any) -> None:
        function = self._kernels.get(kernel)
        if function is None:
            function = self._kernels[kernel] = self._module.get_function(kernel)
        words = tuple(np.uint32(a) if isinstance(a, int) else a for a in arguments)
        function((blocks,), (threads,), words)

    def multiply(self, a: Any, bt: Any, c: Any) -> None:
        began, ended = self._cupy.cuda.Event(), self._cupy.cuda.Event()
        began.record(self._stream)
        shape = (a.shape[0], bt.shape[0], a.shape[1])
        addresses = (a.data.ptr, bt.data.ptr, c.data.ptr)
        self._tensor_cores.multiply(*addresses, shape, self._stream.ptr)
        ended.record(self._stream)
        self._spans.append((began, ended))

    def gemm_ms(self) -> float:
        self._stream.synchronize()
        elapsed = self._cupy.cuda.get_elapsed_time
        total = sum(elapsed(began, ended) for began, ended in self._spans)
        self._spans.clear()
        return float(total)

    def fetch(self, array: Any) -> NDArray[Any]:
        copy: NDArray[Any] = array.get()
        return copy

    def fetch_rows(self, array: Any, rows: NDArray[np.int64]) -> NDArray[Any]:
        return self.fetch(array[self._cupy.asarray(rows)])
