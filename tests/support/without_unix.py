"""Runs a program that is denied unix sockets, as AppArmor may deny them to a container: `without_unix.py program ...`.

socket() and socketpair() of AF_UNIX fail with EACCES, for it and all that it starts; every other family works.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_AF_UNIX = 1
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_PR_SET_NO_NEW_PRIVS = 38
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Of seccomp_data: the call's number and the low half of its first argument.
_NUMBER, _FIRST_ARGUMENT = 0, 16
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_CALLS = {"x86_64": (41, 53), "aarch64": (198, 199)}  # socket, socketpair


def _filter() -> bytes:
    socket, socketpair = _CALLS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 1, 0, socket),
        (_EQUAL, 0, 2, socketpair),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EACCES),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _deny() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.create_string_buffer(_filter())
    program = ctypes.create_string_buffer(struct.pack("@HP", len(text) // 8, ctypes.addressof(text)))
    for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    _deny()
    os.execvp(sys.argv[1], sys.argv[1:])
