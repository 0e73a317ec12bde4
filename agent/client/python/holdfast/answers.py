"""What the client says, as values."""
from __future__ import annotations

import dataclasses
import datetime
import types
from typing import Optional, Type

from .names import Reason, State

# Those in which the license grants an edition.
_GRANTING = frozenset({State.ACTIVE, State.EXPIRING, State.GRACE, State.FALLBACK, State.EMERGENCY})


@dataclasses.dataclass(frozen=True)
class Verdict:
    """True when it is allowed. The reason is also there then: anything but ACTIVE is to be told, with the advice, to whoever can act on it."""

    allowed: bool
    reason: Reason
    advice: str  # what the administrator does; may be empty

    def __bool__(self) -> bool:
        return self.allowed


@dataclasses.dataclass(frozen=True)
class Limit:
    """How far a limit is used."""

    max: int
    used: Optional[int]  # by all processes of the host; of a meter, in this period; None: not known yet
    held: int  # by this client; 0 of a meter


@dataclasses.dataclass(frozen=True)
class Status:
    """What there is to say of the license."""

    state: State
    reasons: tuple[Reason, ...]  # the most serious first
    advice: str  # about the first reason
    edition: str  # what applies now; empty: nothing
    expires: Optional[datetime.datetime]  # None: perpetual, or nothing is granted
    days_left: Optional[int]  # whole days until then, negative after it

    @property
    def reason(self) -> Reason:
        return self.reasons[0] if self.reasons else Reason.OTHER

    @property
    def verdict(self) -> Verdict:
        """Does the license grant anything at all now? What exactly, only a check of a feature says."""
        return Verdict(bool(self.edition) or self.state in _GRANTING, self.reason, self.advice)


class Key(bytearray):
    """A content key. Wiped at the end of a `with` block, or by wipe()."""

    def wipe(self) -> None:
        self[:] = bytes(len(self))

    def __repr__(self) -> str:  # a key does not belong into logs
        return f"<holdfast.Key of {len(self)} octets>"

    __str__ = __repr__

    def __enter__(self) -> Key:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[types.TracebackType]) -> None:
        self.wipe()
