"""The client that an application keeps for its lifetime."""
from __future__ import annotations

import contextlib
import ctypes
import datetime
import functools
import inspect
import operator
import os
import threading
import types
import weakref
from typing import Any, Callable, Iterator, Optional, Type, TypeVar, Union, cast

from . import library as c
from .answers import Key, Limit, Status, Verdict
from .errors import Closed, Denied, Error, InvalidArgument, Unavailable, Untrusted, of_code
from .names import Code, Reason, State

_Default = TypeVar("_Default")
_Function = TypeVar("_Function", bound=Callable[..., Any])
_DEMANDED: Any = object()  # the default of a value that has none

_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


class Client:
    """Asks the agent for its proof, once, and then answers checks from what it said. One client serves all threads.

    `product` and `roots_pem` (the text of the vendor's roots.pem) belong into the application's source. `timeout`, in seconds: no call takes
    longer. `open_anyway`: no error when there is no agent that is believed now; all is denied until there is (Reason.AGENT_GONE).
    `library`: a path, where libholdfast is not installed; or a Library.

    A question answers (check, status, limit). What acts or hands out something does so, or raises Denied, so that no refusal is overlooked."""

    def __init__(self, product: str, roots_pem: str, *, socket: Union[None, str, "os.PathLike[str]"] = None, timeout: float = 2.0,
                 open_anyway: bool = False, library: Union[None, str, "os.PathLike[str]", c.Library] = None) -> None:
        self._library = c.library_of(library)
        self._options = c.Options(product=c.text_argument(product, "the product"), roots_pem=c.text_argument(roots_pem, "roots_pem"),
                                  socket=c.socket_argument(socket), timeout_ms=c.timeout_argument(timeout),
                                  flags=c.OPEN_ANYWAY if open_anyway else 0)
        self._verdicts = _Verdicts(self._library)
        self._closed = False
        self._handle: Optional[ctypes.c_void_p] = self._library.handle(self._options)
        # In a child of a fork the agent's absence is a reason, as it is in the parent, and no error of whichever call happens to be the first.
        self._options.flags = c.OPEN_ANYWAY
        self._start_afresh()
        _clients.add(self)

    # ---- open and close ----

    def close(self) -> None:
        """Gives back what the client holds. Calls that other threads have begun end as usual; later ones raise Closed."""
        with self._opening:
            self._closed, self._handle = True, None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[types.TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<holdfast.Client of {self._options.product.decode()}{', closed' if self._closed else ''}>"

    def _start_afresh(self) -> None:
        self._opening = threading.RLock()  # which a signal handler may find taken by its own thread
        self._owed: list[tuple[str, int]] = []  # seats that could not be given back yet

    def _forked(self) -> None:
        # The child's copy is closed at once: as long as it has one, what the parent holds would not be free when that is killed.
        self._handle = None
        self._start_afresh()

    def _opened(self) -> ctypes.c_void_p:
        with self._opening:
            if self._closed:
                raise Closed(Code.CLOSED, "argument.closed", "the client was closed")
            if self._handle is None:
                self._handle = self._library.handle(self._options)
            return self._handle

    # ---- checks: no question to the agent as long as nothing has changed ----

    def check(self, feature: str) -> Verdict:
        """Is it granted? An agent in trouble is a reason, and no error."""
        reason = ctypes.c_int()
        code = self._library.check(self._handle or self._opened(), c.text_argument(feature, "a feature's name"), reason)
        if code < 0:
            raise self._library.error()
        return self._verdicts[code, reason.value]

    def require(self, feature: str) -> Verdict:
        """Raises Denied when it is not granted."""
        verdict = self.check(feature)
        if not verdict:
            raise Denied(f"the feature '{feature}'", verdict)
        return verdict

    def feature(self, name: str) -> Callable[[_Function], _Function]:
        """A decorator: each call of the function, also of an async one, requires the feature."""

        def guarded(function: _Function) -> _Function:
            if inspect.iscoroutinefunction(function):
                @functools.wraps(function)
                async def later(*args: Any, **kwargs: Any) -> Any:
                    self.require(name)
                    return await function(*args, **kwargs)
                return cast(_Function, later)

            @functools.wraps(function)
            def now(*args: Any, **kwargs: Any) -> Any:
                self.require(name)
                return function(*args, **kwargs)
            return cast(_Function, now)

        return guarded

    def integer(self, feature: str, default: _Default = _DEMANDED) -> Union[int, _Default]:
        """The value of a feature; when it is denied the default, which is what everybody has, or Denied. Another kind of value: WrongType."""
        value = ctypes.c_int64()
        verdict = self._ask(self._library.integer, feature, value)
        return value.value if verdict else _otherwise(default, feature, verdict)

    def text(self, feature: str, default: _Default = _DEMANDED) -> Union[str, _Default]:
        """The same of a text."""
        buffer = ctypes.create_string_buffer(c.MAX_TEXT + 1)
        verdict = self._ask(self._library.text, feature, buffer, len(buffer), None)
        return buffer.value.decode() if verdict else _otherwise(default, feature, verdict)

    # ---- limits: each call is a question to the agent, for the timeout at most ----

    @contextlib.contextmanager
    def seat(self, limit: str, amount: int = 1) -> Iterator[Verdict]:
        """Holds seats for the length of a `with` block, or of each call of a function that it decorates."""
        verdict = self.acquire(limit, amount)
        holder = os.getpid()
        try:
            yield verdict
        finally:
            if os.getpid() == holder:  # a child of a fork has nothing to give back
                self._give_back(limit, amount)

    def acquire(self, limit: str, amount: int = 1) -> Verdict:
        """Takes that many more: all of them, or none and Denied."""
        self._settle()
        return self._act(self._library.acquire, limit, amount)

    def release(self, limit: str, amount: Optional[int] = None) -> None:
        """Gives that many back; None: all that this client holds."""
        self._settle()
        self._release(limit, c.ALL if amount is None else _amount(amount))

    def set(self, limit: str, amount: int) -> Verdict:
        """Makes what this client holds exactly that many: for gauges."""
        self._settle()
        return self._act(self._library.set, limit, amount)

    def consume(self, meter: str, amount: int = 1) -> Verdict:
        """Uses up units: all of them, or none and Denied. After Timeout and NoAgent it is not known whether they were used."""
        return self._act(self._library.consume, meter, amount)

    def limit(self, name: str) -> Limit:
        """Denied, Reason.UNKNOWN_LIMIT: what applies now has no such limit."""
        self._settle()
        limit = c.LimitStruct()
        verdict = self._ask(self._library.limit_status, name, limit)
        if not verdict:
            raise Denied(f"the limit '{name}'", verdict)
        return Limit(limit.max, None if limit.used < 0 else limit.used, limit.held)

    def key(self, name: str) -> Key:
        """A content key, from the TPM: milliseconds to a second. Ask once, use it in a `with` block, which wipes it."""
        key = Key(c.KEY_SIZE)
        verdict = self._ask(self._library.key, name, (ctypes.c_uint8 * c.KEY_SIZE).from_buffer(key))
        if not verdict:
            raise Denied(f"the key '{name}'", verdict)
        return key

    # ---- status, changes ----

    def status(self) -> Status:
        """From what the agent said last, whatever the state is."""
        status = c.StatusStruct()
        self._done(self._library.get_status(self._handle or self._opened(), status))
        reasons = tuple(Reason(number) for number in status.reasons[:status.reason_count])
        expires, days_left = (_moment(status.expires), status.days_left) if status.has_expiry else (None, None)
        advice = self._library.advice(status.reasons[0]) if reasons else ""
        return Status(State(status.state), reasons, advice, status.edition.decode(), expires, days_left)

    def status_json(self) -> str:
        """All that there is to show to a user: LICENSE of docs/local-api.md, as one JSON object."""
        size = ctypes.c_size_t(4096)
        while True:
            buffer = ctypes.create_string_buffer(size.value + 1)
            code = self._library.status_json(self._handle or self._opened(), buffer, len(buffer), size)
            if code != Code.BUFFER_TOO_SMALL:
                self._done(code)
                return buffer.raw[:size.value].decode()

    def advice(self, reason: Reason) -> str:
        """What the administrator does about it; may be empty."""
        return self._library.advice(reason)

    def agent_error(self) -> Optional[Error]:
        """Why the agent was not believed, or not reached, when it was asked last; None when it was. Not raised: it stands behind AGENT_GONE."""
        error = c.ErrorStruct()
        self._done(self._library.agent_error(self._handle or self._opened(), error))
        return None if error.code == Code.OK else error.exception()

    def fileno(self) -> int:
        """Becomes readable when something has changed: for select, selectors and asyncio's add_reader, which take the client itself. It is
        the client's until that is closed; call drain when it is readable."""
        descriptor = ctypes.c_int(-1)
        self._done(self._library.fd(self._handle or self._opened(), descriptor))
        return descriptor.value

    def drain(self) -> bool:
        """Makes the descriptor unreadable again. True when a check or the status may say something else than at the last call."""
        changed = ctypes.c_int()
        self._done(self._library.drain(self._handle or self._opened(), changed))
        return bool(changed.value)

    @property
    def library_version(self) -> str:
        return str(self._library.version().decode())

    # ---- how the library is called ----

    def _done(self, code: int) -> None:
        if code < 0:
            raise self._library.error()

    def _ask(self, function: Any, name: str, *places: Any) -> Verdict:
        reason = ctypes.c_int()
        code = function(self._handle or self._opened(), c.text_argument(name, "a name"), *places, reason)
        self._done(code)
        return self._verdicts[code, reason.value]

    def _act(self, function: Any, limit: str, amount: int) -> Verdict:
        verdict = self._ask(function, limit, _amount(amount))
        if not verdict:
            raise Denied(f"{amount} of '{limit}'", verdict)
        return verdict

    def _release(self, limit: str, amount: int) -> None:
        self._done(self._library.release(self._handle or self._opened(), c.text_argument(limit, "a name"), amount))

    def _give_back(self, limit: str, amount: int) -> None:
        """When the agent is away now, the library would take the seats again as soon as it is back: they are given back then."""
        try:
            self._release(limit, amount)
        except Closed:
            pass  # they went with the handle
        except (Unavailable, Untrusted):
            self._owed.append((limit, amount))

    def _settle(self) -> None:
        for _ in range(len(self._owed)):
            try:
                limit, amount = self._owed.pop()
            except IndexError:  # another thread was faster
                return
            self._give_back(limit, amount)


class _Verdicts(dict[tuple[int, int], Verdict]):
    """There are few of them, and checks are made often: each is made once."""

    def __init__(self, library: c.Library) -> None:
        super().__init__()
        self._library = library

    def __missing__(self, answer: tuple[int, int]) -> Verdict:
        code, reason = answer
        verdict = self[answer] = Verdict(code == Code.OK, Reason(reason), self._library.advice(reason))
        return verdict


def _otherwise(default: _Default, feature: str, verdict: Verdict) -> _Default:
    if default is _DEMANDED:
        raise Denied(f"the feature '{feature}'", verdict)
    return default


def _amount(amount: int) -> int:
    """ctypes would cut what is too large for C, and so make another amount of it."""
    number = operator.index(amount)
    if not 0 <= number < 2**53:
        raise InvalidArgument(Code.INVALID_ARGUMENT, "argument.amount", "the amount is not from 1 to 2^53 - 1")
    return number


def _moment(seconds: int) -> datetime.datetime:
    """Also of a time beyond the year 9999, which Python does not know."""
    latest = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc, microsecond=0)
    return datetime.datetime.fromtimestamp(min(seconds, int(latest.timestamp())), datetime.timezone.utc)


def _in_child() -> None:
    for client in list(_clients):
        client._forked()


os.register_at_fork(after_in_child=_in_child)
