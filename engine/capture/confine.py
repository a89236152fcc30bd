"""Shuts a process in before it opens foreign bytes: limits, no network, no new programs, hardly any files."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from engine.errors import EngineError

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
"""Where `struct seccomp_data` has them; both architectures below are little endian."""
_CLONE_THREAD = 0x10000

# Sockets, programs, other processes, mounts, keys, kernel doors. What is inherited stays: the pipes to the parent.
_DENIED = {
    "x86_64": (
        29, 30, 41, 42, 43, 49, 50, 53, 57, 58, 59, 62, 64, 68, 90, 91, 92, 93, 94, 101, 129, 132, 141, 155, 161, 165,
        166, 175, 188, 189, 190, 197, 198, 199, 200, 235, 246, 248, 249, 250, 251, 260, 261, 268, 272, 280, 297, 298,
        304, 308, 310, 311, 313, 321, 322, 323, 424, 425, 426, 427, 434, 438, 452,
    ),
    "aarch64": (
        5, 6, 7, 14, 15, 16, 30, 39, 40, 41, 51, 52, 53, 54, 55, 88, 97, 104, 105, 117, 129, 130, 138, 140, 186, 190,
        194, 196, 198, 199, 200, 201, 202, 203, 217, 218, 219, 221, 240, 241, 265, 268, 270, 271, 273, 280, 281, 282,
        424, 425, 426, 427, 434, 438, 452,
    ),
}  # fmt: skip
"""Numbers of socket, connect, accept, bind, listen, socketpair, (v)fork, execve(at), kill, tkill, rt_(tg)sigqueueinfo,
setpriority, ioprio_set, shmget, shmat, semget, msgget, ptrace, (u)mount, pivot_root, chroot, unshare, setns,
(f)init_module, kexec_load, add_key, request_key, keyctl, bpf, perf_event_open, open_by_handle_at,
process_vm_readv/writev, userfaultfd, pidfd_open, pidfd_send_signal, pidfd_getfd and io_uring; and, for Landlock leaves
them out, of what changes a file's mode, owner, times and attributes."""
_TGKILL = {"x86_64": 234, "aarch64": 131}
_PRLIMIT64 = {"x86_64": 302, "aarch64": 261}
"""Calls by which a process signals its own threads, as `abort` does, and reads its own limits: but also any other's."""
_CLONE, _CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
"""x86-64's other numbering of the same calls, which nothing here uses."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF, _PATH_BENEATH = 444, 445, 446, 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = (1 << bit for bit in (1, 2, 3, 5, 8, 14))
_FILE_RIGHTS = _WRITE_FILE | _READ_FILE | _TRUNCATE


def limit(*, memory: int, cpu: int, file_size: int) -> None:
    """Cap this process: ``memory`` bytes of address space, ``cpu`` seconds, ``file_size`` bytes for any one file.

    A breach is a `MemoryError`, SIGXCPU or `OSError`. Limits that are lower already stay.
    """
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        capped = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (capped, capped))


def confine(*, readable: Iterable[Path], writable: Path | None) -> tuple[str, ...]:
    """Take from this process, for good, what it does not need; returns which walls stand ("files", "calls").

    "files" (Landlock, Linux 5.13): it can read what lies in ``readable`` and read and write in ``writable``, nothing
    else. "calls" (seccomp): it can open no socket, start no program or process and touch no other process. What the
    kernel lacks is left out; limits hold everywhere. Raises `EngineError` when a wall breaks half-way.
    """
    if sys.platform != "linux":
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    walls = (("files", _wall_off_files(libc, readable, writable)), ("calls", _wall_off_calls(libc)))
    return tuple(name for name, stands in walls if stands)


def _wall_off_files(libc: ctypes.CDLL, readable: Iterable[Path], writable: Path | None) -> bool:
    abi = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return False
    handled = (1 << 13) - 1 | (_TRUNCATE if abi >= 3 else 0)
    rules = libc.syscall(_CREATE_RULESET, struct.pack("Q", handled), ctypes.c_size_t(8), 0)
    _succeeded(rules)
    wanted = [(path, _READ_FILE | _READ_DIR) for path in readable]
    if writable is not None:
        wanted.append((writable, _FILE_RIGHTS | _READ_DIR | _REMOVE_FILE | _MAKE_REG))
    try:
        for path, rights in wanted:
            if path.exists():
                _allow(libc, rules, path, rights & handled)
        _succeeded(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    if not path.is_dir():
        rights &= _FILE_RIGHTS
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _succeeded(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _wall_off_calls(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _DENIED:
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
    # struct sock_fprog: a count, padding up to a pointer, the pointer.
    description = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    # Refused by a kernel, or a container around us, that takes no filters.
    return libc.prctl(_PR_SET_SECCOMP, _FILTER, description, 0, 0) == 0


def _program(machine: str) -> list[bytes]:
    """A classic BPF program: each step is (code, jump if true, jump if false, value)."""
    refuse = _ERRNO | errno.EPERM
    steps = [
        _step(_LOAD, value=_ARCH),
        _step(_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _step(_RETURN, value=_KILL),
        _step(_LOAD, value=_NUMBER),
        _step(_AT_LEAST, 0, 1, _X32),
        _step(_RETURN, value=refuse),
        # The C library asks clone3 first and falls back on clone, whose flags a filter can read.
        _step(_EQUAL, 0, 1, _CLONE3),
        _step(_RETURN, value=_ERRNO | errno.ENOSYS),
    ]
    for number in _DENIED[machine]:
        steps += [_step(_EQUAL, 0, 1, number), _step(_RETURN, value=refuse)]
    return [
        *steps,
        *_on_itself(_TGKILL[machine], os.getpid()),
        *_on_itself(_PRLIMIT64[machine], 0, os.getpid()),
        _step(_EQUAL, 0, 3, _CLONE[machine]),
        _step(_LOAD, value=_FIRST_ARGUMENT),
        _step(_ANY_BIT, 1, 0, _CLONE_THREAD),
        _step(_RETURN, value=refuse),
        _step(_RETURN, value=_ALLOW),
    ]


def _on_itself(number: int, *processes: int) -> list[bytes]:
    """The call ``number`` is let through where its first argument is one of ``processes``, else refused."""
    most = len(processes)
    return [
        _step(_EQUAL, 0, most + 3, number),
        _step(_LOAD, value=_FIRST_ARGUMENT),
        *(_step(_EQUAL, most - place, 0, process) for place, process in enumerate(processes)),
        _step(_RETURN, value=_ERRNO | errno.EPERM),
        _step(_RETURN, value=_ALLOW),
    ]


def _step(code: int, then: int = 0, otherwise: int = 0, value: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)


def _succeeded(result: int) -> None:
    if result < 0:
        reason = os.strerror(ctypes.get_errno())
        raise EngineError(f"The process that opens recordings could not be shut in ({reason}); nothing was opened.")
