"""Matrix products of int8 (to int32) and bfloat16 (to float32) on tensor cores, by cuBLASLt.

CuPy has no binding of cuBLASLt, so the few functions that are needed are called through ctypes, in
the library that CuPy loaded.
"""

import ctypes
import os
from ctypes import byref, c_float, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from dataclasses import dataclass

# From cublas_api.h, cublasLt.h and library_types.h of CUDA 11 to 13.
_COMPUTE_32F, _COMPUTE_32I = 68, 72
_R_32F, _R_8I, _R_32I, _R_16BF = 0, 3, 10, 14
_DESC_TRANSA, _DESC_TRANSB = 3, 4
_OP_N, _OP_T = 0, 1
_PREFERENCE_WORKSPACE = 1
_LIBRARIES = ("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11")


class CublasLtError(Exception):
    """A call failed, or the library has no algorithm for what was asked."""


class _Heuristic(ctypes.Structure):
    """cublasLtMatmulHeuristicResult_t."""

    _fields_ = [
        ("algorithm", c_uint64 * 8),
        ("workspace", c_size_t),
        ("state", c_int),
        ("waves", c_float),
        ("reserved", c_int * 4),
    ]


@dataclass(frozen=True)
class _Plan:
    """What a product of one shape is called with; layouts live as long as the process."""

    left: c_void_p
    right: c_void_p
    result: c_void_p
    chosen: _Heuristic


class TensorCores:
    """Products C = A B of one type of operands, for A (rows x k) and B^T (columns x k), all
    row-major.

    Works on the device that is current when it is made and when it is called.
    """

    def __init__(self, integers: bool, workspace: int, workspace_bytes: int) -> None:
        """`integers`: int8 to int32, else bfloat16 to float32; `workspace`: a device address."""
        self._library = _load()
        self._operand = _R_8I if integers else _R_16BF
        self._result = _R_32I if integers else _R_32F
        self._one = c_int32(1) if integers else c_float(1)
        self._zero = c_int32(0) if integers else c_float(0)
        self._workspace, self._workspace_bytes = workspace, workspace_bytes
        self._plans: dict[tuple[int, int, int], _Plan] = {}
        self._handle = c_void_p()
        self._call("cublasLtCreate", byref(self._handle))
        self._product = c_void_p()
        compute = _COMPUTE_32I if integers else _COMPUTE_32F
        self._call("cublasLtMatmulDescCreate", byref(self._product), compute, self._result)
        # In the library's column-major eyes, C^T = B^T A^T with B^T stored transposed.
        for attribute, value in ((_DESC_TRANSA, _OP_T), (_DESC_TRANSB, _OP_N)):
            setting = c_int32(value)
            self._call(
                "cublasLtMatmulDescSetAttribute",
                self._product,
                attribute,
                byref(setting),
                c_size_t(4),
            )
        self._preference = c_void_p()
        self._call("cublasLtMatmulPreferenceCreate", byref(self._preference))
        limit = c_uint64(workspace_bytes)
        self._call(
            "cublasLtMatmulPreferenceSetAttribute",
            self._preference,
            _PREFERENCE_WORKSPACE,
            byref(limit),
            c_size_t(8),
        )

    def multiply(
        self, a: int, bt: int, c: int, shape: tuple[int, int, int], stream: int
    ) -> None:
        """Queues the product on `stream`; `shape`: rows, columns, k. Addresses are the device's."""
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._plans[shape] = self._plan(*shape)
        self._call(
            "cublasLtMatmul",
            *(self._handle, self._product, byref(self._one)),
            *(c_void_p(bt), plan.left, c_void_p(a), plan.right),
            *(byref(self._zero), c_void_p(c), plan.result, c_void_p(c), plan.result),
            byref(plan.chosen.algorithm),
            *(c_void_p(self._workspace), c_size_t(self._workspace_bytes), c_void_p(stream)),
        )

    def _plan(self, rows: int, columns: int, k: int) -> _Plan:
        left = self._layout(self._operand, k, columns)
        right = self._layout(self._operand, k, rows)
        result = self._layout(self._result, columns, rows)
        chosen, count = _Heuristic(), c_int()
        self._call(
            "cublasLtMatmulAlgoGetHeuristic",
            *(self._handle, self._product, left, right, result, result, self._preference),
            *(1, byref(chosen), byref(count)),
        )
        if count.value == 0 or chosen.state != 0:
            raise CublasLtError(f"no algorithm for {rows} x {columns} x {k}")
        return _Plan(left, right, result, chosen)

    def _layout(self, kind: int, rows: int, columns: int) -> c_void_p:
        """A column-major matrix without gaps."""
        layout = c_void_p()
        size = (c_uint64(rows), c_uint64(columns), c_int64(rows))
        self._call("cublasLtMatrixLayoutCreate", byref(layout), kind, *size)
        return layout

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            raise CublasLtError(f"{name} answered {status}")


def _load() -> ctypes.CDLL:
    """The library that is loaded already, else the newest that the system finds."""
    for mode in (os.RTLD_NOLOAD | os.RTLD_NOW, ctypes.DEFAULT_MODE):
        for name in _LIBRARIES:
            try:
                return ctypes.CDLL(name, mode=mode)
            except OSError:
                continue
    raise CublasLtError(f"none of {', '.join(_LIBRARIES)} can be loaded")
