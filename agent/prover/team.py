"""Several processes that work on one computation.

NumPy's small operations hold Python's lock between them, so that two threads are no faster than
one; forked processes are. They share arrays made by `shared_array` before. Only where forking is
sound: on Linux, with a BLAS that has one thread. Elsewhere a team has one member and the BLAS its
own threads.
"""

import ctypes
import mmap
import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .parameters import ProverError

_PR_SET_PDEATHSIG = 1


def shared_array(shape: tuple[int, ...], dtype: DTypeLike, members: int) -> NDArray[Any]:
    """An array of zeros that members of a team see alike. Pages are taken when they are first
    written."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if members == 1 or size == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(mmap.mmap(-1, size), dtype).reshape(shape)


class Member:
    """One process of a team: number `index` of `size`; number 0 is the caller's own."""

    def __init__(self, index: int, size: int) -> None:
        self.index = index
        self.size = size
        self._incoming: list[int] = []
        self._outgoing: list[int] = []

    def meet(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Waits until all members are here. `meanwhile` runs in number 0 before any goes on."""
        if self.index != 0:
            os.write(self._outgoing[0], b".")
            if not os.read(self._incoming[0], 1):
                os._exit(0)
            return
        for pipe in self._incoming:
            if not os.read(pipe, 1):
                raise ProverError("a worker process ended before its work was done")
        if meanwhile is not None:
            meanwhile()
        for pipe in self._outgoing:
            os.write(pipe, b".")

    def share(self, count: int) -> range:
        """This member's part of 0..count - 1, as equal as it can be."""
        return range(count * self.index // self.size, count * (self.index + 1) // self.size)


def run_team(size: int, work: Callable[[Member], None]) -> None:
    """Runs `work` in `size` processes and returns when all are done. Raises what number 0 raises,
    and ProverError when another one ends early; no process outlives the call."""
    first = Member(0, size)
    children: list[int] = []
    try:
        for index in range(1, size):
            children.append(_start(index, size, first, work))
        work(first)
        first.meet()
    except BaseException:
        for child in children:
            os.kill(child, signal.SIGKILL)
        raise
    finally:
        for pipe in first._incoming + first._outgoing:
            os.close(pipe)
        for child in children:
            os.waitpid(child, 0)


def _start(index: int, size: int, first: Member, work: Callable[[Member], None]) -> int:
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _die_with(parent)
            # An end that a sibling kept open would hide the end of this one.
            for pipe in (from_child, to_child, *first._incoming, *first._outgoing):
                os.close(pipe)
            member = Member(index, size)
            member._incoming, member._outgoing = [from_parent], [to_parent]
            work(member)
            member.meet()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(to_parent)
    os.close(from_parent)
    first._incoming.append(from_child)
    first._outgoing.append(to_child)
    return child


def _die_with(parent: int) -> None:
    """Ends this process when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
