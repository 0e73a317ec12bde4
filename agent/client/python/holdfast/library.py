"""libholdfast.so by ctypes: the functions and structs of holdfast.h as they are. What makes them Python is in client.py.

ctypes lets other threads run while a function of the library does, and keeps the arguments alive for as long: that, and nothing else, is why a
handle that one thread closes is freed only when the last call with it has returned."""
from __future__ import annotations

import ctypes
import functools
import os
from typing import TYPE_CHECKING, Any, Optional, Union

from .errors import Error, InvalidArgument, LibraryNotFound, of_code
from .names import Code

NAME = "libholdfast.so.1"  # by the version of its ABI, as the usual loader finds it
OPEN_ANYWAY = 1
ALL = 2**63 - 1  # of release: everything
KEY_SIZE = 32
MAX_TEXT = 256
MAX_REASONS = 32


class Sized(ctypes.Structure):
    """A struct that begins with its own size."""

    def __init__(self, **members: Any) -> None:
        super().__init__(size=ctypes.sizeof(self), **members)


class Options(Sized):
    _fields_ = [("size", ctypes.c_size_t), ("product", ctypes.c_char_p), ("roots_pem", ctypes.c_char_p), ("socket", ctypes.c_char_p),
                ("timeout_ms", ctypes.c_uint32), ("flags", ctypes.c_uint32)]


class LimitStruct(Sized):
    _fields_ = [("size", ctypes.c_size_t), ("max", ctypes.c_int64), ("used", ctypes.c_int64), ("held", ctypes.c_int64)]


class StatusStruct(Sized):
    _fields_ = [("size", ctypes.c_size_t), ("state", ctypes.c_int), ("reason_count", ctypes.c_uint32), ("reasons", ctypes.c_int * MAX_REASONS),
                ("has_expiry", ctypes.c_int32), ("reserved", ctypes.c_int32), ("expires", ctypes.c_int64), ("days_left", ctypes.c_int64),
                ("edition", ctypes.c_char * 72)]


class ErrorStruct(Sized):
    _fields_ = [("size", ctypes.c_size_t), ("code", ctypes.c_int32), ("reserved", ctypes.c_int32), ("check", ctypes.c_char * 64),
                ("message", ctypes.c_char * 512), ("advice", ctypes.c_char * 512)]

    def exception(self) -> Error:
        return of_code(self.code, *(text.decode(errors="replace") for text in (self.check, self.message, self.advice)))


_int = ctypes.c_int
_name = ctypes.c_char_p
_handle = ctypes.c_void_p
_amount = ctypes.c_int64
_reason = ctypes.POINTER(ctypes.c_int)

# What a function of the name holdfast_... takes; all but the names return an int.
FUNCTIONS: dict[str, list[Any]] = {
    "open": [ctypes.POINTER(Options), ctypes.POINTER(_handle)],
    "close": [_handle],
    "check": [_handle, _name, _reason],
    "integer": [_handle, _name, ctypes.POINTER(ctypes.c_int64), _reason],
    "text": [_handle, _name, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_size_t), _reason],
    "acquire": [_handle, _name, _amount, _reason],
    "release": [_handle, _name, _amount],
    "set": [_handle, _name, _amount, _reason],
    "consume": [_handle, _name, _amount, _reason],
    "limit_status": [_handle, _name, ctypes.POINTER(LimitStruct), _reason],
    "key": [_handle, _name, ctypes.POINTER(ctypes.c_uint8 * KEY_SIZE), _reason],
    "get_status": [_handle, ctypes.POINTER(StatusStruct)],
    "status_json": [_handle, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_size_t)],
    "fd": [_handle, ctypes.POINTER(_int)],
    "drain": [_handle, ctypes.POINTER(_int)],
    "last_error": [ctypes.POINTER(ErrorStruct)],
    "agent_error": [_handle, ctypes.POINTER(ErrorStruct)],
    "result_name": [_int],
    "reason_name": [_int],
    "reason_advice": [_int],
    "state_name": [_int],
    "version": [],
}
_RESULTS: dict[str, Any] = {
    "close": None,
    **dict.fromkeys(("result_name", "reason_name", "reason_advice", "state_name", "version"), ctypes.c_char_p),
}


def text_argument(text: object, what: str) -> bytes:
    """What goes into the library as a text. C ends it at the first NUL, so one inside would be another text than the caller's."""
    if not isinstance(text, str):
        raise TypeError(f"{what} is a str, not {type(text).__name__}")
    if "\0" in text:
        raise InvalidArgument(Code.INVALID_ARGUMENT, "argument.text", f"{what} has a NUL character")
    return text.encode()  # surrogates: UnicodeEncodeError, which is a ValueError


class Library:
    """A loaded libholdfast: by its name, which the usual loader looks for, or by a path of the application's. No environment variable of
    ours is looked at, here or in the library."""

    if TYPE_CHECKING:  # the functions, which __init__ sets by their names
        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, path: Union[str, "os.PathLike[str]"] = NAME) -> None:
        self.path = os.fspath(path)
        try:
            loaded = ctypes.CDLL(self.path)
            for name, takes in FUNCTIONS.items():
                function = getattr(loaded, "holdfast_" + name)
                function.argtypes, function.restype = takes, _RESULTS.get(name, _int)
                setattr(self, name, function)
        except (OSError, AttributeError, ValueError) as error:
            raise LibraryNotFound(Code.SYSTEM, "library.load", f"{self.path} is not there, or is no libholdfast: {error}",
                                  "install libholdfast, or say where it is: Client(..., library=...)") from error
        close = loaded.holdfast_close

        class Handle(_handle):
            """Closed with the last reference to it."""

            def __del__(self) -> None:
                close(self)

        self._handle = Handle

    def handle(self, options: Options) -> ctypes.c_void_p:
        handle = self._handle()
        if self.open(ctypes.byref(options), ctypes.byref(handle)) != Code.OK:
            raise self.error()
        return handle

    def error(self) -> Error:
        """The last one of this thread."""
        error = ErrorStruct()
        self.last_error(ctypes.byref(error))
        return error.exception()

    def advice(self, reason: int) -> str:
        return str(self.reason_advice(reason).decode())


@functools.lru_cache(maxsize=None)
def installed() -> Library:
    return Library()


def library_of(given: Union[None, str, "os.PathLike[str]", Library]) -> Library:
    if given is None:
        return installed()
    return given if isinstance(given, Library) else Library(given)


def timeout_argument(seconds: float) -> int:
    milliseconds = seconds * 1000
    if not 0 < milliseconds < 2**32:  # also what is no number; the library itself knows what is too long
        raise InvalidArgument(Code.INVALID_ARGUMENT, "argument.timeout", "the timeout is not a positive number of seconds of a day at most")
    return max(1, int(milliseconds))


def socket_argument(path: Union[None, str, "os.PathLike[str]"]) -> Optional[bytes]:
    if path is None:
        return None
    name = os.fsencode(path)
    if b"\0" in name:
        raise InvalidArgument(Code.INVALID_ARGUMENT, "argument.socket", "the socket's path has a NUL character")
    return name
