"""What is raised. One class for each code of holdfast.h, in the header's three families and with one base:

    Error
      Denied          everything is genuine, and the license says no
      Misuse          the application's own mistakes
      Unavailable     the host's troubles: trying again later may help
      Untrusted       who answers is not the agent of this host with a license of this vendor: log it, with the check
      InternalError   a defect of the library"""
from __future__ import annotations

from typing import Optional

from .answers import Verdict
from .names import Code, Reason


class Error(Exception):
    """`code`: the library's (a Code, or the bare number of a newer library); `check`: stable name of what failed, for logs and for support;
    `message`: what happened; `advice`: what to do about it, may be empty."""

    def __init__(self, code: int, check: str, message: str, advice: str = "") -> None:
        super().__init__(code, check, message, advice)
        self.code, self.check, self.message, self.advice = code, check, message, advice

    def __str__(self) -> str:
        return f"{self.message} ({self.check})" + (f"; {self.advice}" if self.advice else "")


class Denied(Error):
    """The license says no to `subject`; `reason` says why."""

    def __init__(self, subject: str, verdict: Verdict) -> None:
        name = verdict.reason.name.lower()
        super().__init__(Code.DENIED, name, f"the license does not grant {subject}", verdict.advice)
        self.args = (subject, verdict)  # so it can be copied and pickled
        self.subject, self.verdict = subject, verdict

    @property
    def reason(self) -> Reason:
        return self.verdict.reason


class Misuse(Error):
    pass


class InvalidArgument(Misuse, ValueError):
    pass


class BufferTooSmall(Misuse):
    pass


class WrongType(Misuse, TypeError):
    """The feature's value is not of the kind that was asked for."""


class Closed(Misuse):
    pass


class Forked(Misuse):
    """The process came out of a fork of which Python was not told, so the client could not open anew: make another one."""


class Unavailable(Error):
    pass


class NoMemory(Unavailable):
    pass


class SystemTrouble(Unavailable):
    """No descriptors, no /proc and the like."""


class NoAgent(Unavailable):
    """Nobody listens, the socket may not be opened, or the agent went away."""


class Timeout(Unavailable):
    """The agent did not answer in time."""


class Refused(Unavailable):
    """The agent's answer is an error: too many connections, the TPM is busy ..."""


class Unproven(Unavailable):
    """The agent cannot vouch: unproven hardware, a revoked license, or none at all."""


class LibraryNotFound(Unavailable, ImportError):
    """libholdfast cannot be loaded, or is none."""


class Untrusted(Error):
    pass


class AgentInvalid(Untrusted):
    """What it says is no answer: garbage, too long, malformed."""


class AgentFake(Untrusted):
    """It has a license's file, but not the license's key."""


class AgentReplayed(Untrusted):
    """Recorded: its proof is not for this question, or its session is over."""


class OtherVendor(Untrusted):
    """Its license leads to none of the roots, or is another product's."""


class OtherHost(Untrusted):
    """It runs on another host, or under another boot of this one."""


class AgentAltered(Untrusted):
    """An answer was altered on its way."""


class InternalError(Error):
    pass


_OF_CODE = {
    Code.INVALID_ARGUMENT: InvalidArgument, Code.BUFFER_TOO_SMALL: BufferTooSmall, Code.WRONG_TYPE: WrongType, Code.CLOSED: Closed,
    Code.FORKED: Forked, Code.NO_MEMORY: NoMemory, Code.SYSTEM: SystemTrouble, Code.NO_AGENT: NoAgent, Code.TIMEOUT: Timeout,
    Code.REFUSED: Refused, Code.UNPROVEN: Unproven, Code.AGENT_INVALID: AgentInvalid, Code.AGENT_FAKE: AgentFake,
    Code.AGENT_REPLAYED: AgentReplayed, Code.OTHER_VENDOR: OtherVendor, Code.OTHER_HOST: OtherHost, Code.AGENT_ALTERED: AgentAltered,
    Code.INTERNAL: InternalError,
}


def class_of(code: int) -> type[Error]:
    """Also of a code that only a newer library has: the header keeps the families apart by their tens."""
    known: Optional[type[Error]] = _OF_CODE.get(code)  # type: ignore[call-overload]
    if known is not None:
        return known
    return Misuse if -10 < code < 0 else Unavailable if -20 < code <= -10 else Untrusted if -30 < code <= -20 else Error


def of_code(code: int, check: str, message: str, advice: str = "") -> Error:
    named = Code(code) if code in _OF_CODE else code
    return class_of(code)(named, check, message, advice)
