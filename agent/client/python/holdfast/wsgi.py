"""A WSGI middleware that lets requests through as far as the license goes.

    app = holdfast.wsgi.Licensed(app, client, feature="reports", meter="pages", when=begins_new_work)

What is refused is answered with 402, 403, 429 or 503, by the table of docs/application.md, "In web applications": application/problem+json (RFC 9457),
unless `refuse` says otherwise, and never cached. A mistake of the application's is raised, and so the server's 500.

Name in `when` the requests that begin something new, and let saving, opening and exporting through: do not lock anybody out of his data."""
from __future__ import annotations

import contextlib
import dataclasses
import http
import json
import logging
import threading
import time
from typing import Any, Callable, Iterable, Iterator, Optional

from .answers import Verdict
from .client import Client
from .errors import Denied, Error, Unavailable, Untrusted
from .names import Code, Reason

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

NOTICES = "holdfast.notices"  # in the environ of what is let through: Verdicts whose advice the application shows
RETRY_AFTER = 30  # seconds

_DAY = 24 * 3600.0
_log = logging.getLogger("holdfast")

# All others: 403.
_STATUS = {
    **dict.fromkeys((Reason.EXPIRED, Reason.OFFLINE_TOO_LONG, Reason.NO_LICENSE, Reason.FALLBACK_EDITION, Reason.FEATURE_NOT_GRANTED,
                     Reason.KEY_NOT_GRANTED), http.HTTPStatus.PAYMENT_REQUIRED),
    Reason.LIMIT_REACHED: http.HTTPStatus.TOO_MANY_REQUESTS,
    **dict.fromkeys((Reason.AGENT_GONE, Reason.AGENT_UNPROVEN, Reason.HARDWARE_UNAVAILABLE), http.HTTPStatus.SERVICE_UNAVAILABLE)}


class SeatsTaken(Denied):
    """Others will release some: this passes, unlike a meter that is used up."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why a request is not let through."""

    status: http.HTTPStatus
    reason: str  # the name of the reason, or of the error's code
    detail: str  # what happened, for people; of errors nothing that only the administrator should see
    advice: str  # what to do about it; may be empty
    error: Error

    @classmethod
    def of(cls, error: Error) -> Refusal:
        """Also for what the application itself asks, where it handles its exceptions."""
        if isinstance(error, Denied):
            status = _STATUS.get(error.reason, http.HTTPStatus.FORBIDDEN)
            return cls(status, error.reason.name.lower(), f"the license does not grant {error.subject}", error.advice, error)
        _log.error("the license could not be asked about: %s", error)
        name = error.code.name.lower() if isinstance(error.code, Code) else "other"
        if isinstance(error, (Unavailable, Untrusted)):
            return cls(http.HTTPStatus.SERVICE_UNAVAILABLE, name, "the license cannot be asked about now", "try again a little later", error)
        return cls(http.HTTPStatus.INTERNAL_SERVER_ERROR, name, "the license could not be asked about", "", error)

    @property
    def retry_after(self) -> Optional[int]:
        passes = self.status == http.HTTPStatus.SERVICE_UNAVAILABLE or isinstance(self.error, SeatsTaken)
        return RETRY_AFTER if passes else None


Refuse = Callable[[Refusal, Environ, StartResponse], Iterable[bytes]]


class Licensed:
    """`app` behind a valid license; and, each where it is named, a feature, a seat, held until the answer was sent, and `amount` units of a
    meter, used up before the application begins.

    `when(environ)`: which requests are asked about; None: all. `refuse(refusal, environ, start_response)` makes the answer to the others.
    `on_notice(verdict)` is told of grace, expiry and the like, once a day for each reason; it logs a warning by default."""

    def __init__(self, app: Application, client: Client, *, feature: Optional[str] = None, seat: Optional[str] = None,
                 meter: Optional[str] = None, amount: int = 1, when: Optional[Callable[[Environ], bool]] = None,
                 refuse: Optional[Refuse] = None, on_notice: Optional[Callable[[Verdict], None]] = None) -> None:
        self._app, self._client = app, client
        self._feature, self._seat, self._meter, self._amount = feature, seat, meter, amount
        self._when = when
        self._refuse = refuse or problem
        self._on_notice = on_notice or _log_notice
        self._told: dict[Reason, float] = {}
        self._telling = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:  # type: ignore[return]  # the stack swallows nothing
        if self._when is not None and not self._when(environ):
            return self._app(environ, start_response)
        with contextlib.ExitStack() as held:
            try:
                verdicts = list(self._admit(held))
            except (Denied, Unavailable, Untrusted) as error:
                return self._refuse(Refusal.of(error), environ, start_response)
            notices = [verdict for verdict in verdicts if verdict.reason != Reason.ACTIVE]
            self._tell(notices)
            environ[NOTICES] = [*environ.get(NOTICES, ()), *notices]
            answer = self._app(environ, start_response)
            return answer if self._seat is None else _Held(answer, held.pop_all())

    def _admit(self, held: contextlib.ExitStack) -> Iterator[Verdict]:
        """Units come last: they do not come back when something else is refused."""
        if self._feature is not None:
            yield self._client.require(self._feature)
        else:
            verdict = self._client.status().verdict
            if not verdict:
                raise Denied("anything", verdict)
            yield verdict
        if self._seat is not None:
            try:
                yield held.enter_context(self._client.seat(self._seat))
            except Denied as denied:
                raise SeatsTaken(denied.subject, denied.verdict) if denied.reason == Reason.LIMIT_REACHED else denied
        if self._meter is not None:
            yield self._client.consume(self._meter, self._amount)

    def _tell(self, notices: Iterable[Verdict]) -> None:
        now = time.monotonic()
        for verdict in notices:
            with self._telling:
                last = self._told.get(verdict.reason)
                if last is not None and now - last < _DAY:
                    continue
                self._told[verdict.reason] = now
            self._on_notice(verdict)


def problem(refusal: Refusal, environ: Environ, start_response: StartResponse) -> list[bytes]:
    """The answer as application/problem+json."""
    said = {"title": refusal.status.phrase, "status": int(refusal.status), "detail": refusal.detail, "reason": refusal.reason, "advice": refusal.advice}
    body = json.dumps(said).encode() + b"\n"
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    if refusal.retry_after is not None:
        headers.append(("Retry-After", str(refusal.retry_after)))
    start_response(f"{refusal.status.value} {refusal.status.phrase}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def _log_notice(verdict: Verdict) -> None:
    _log.warning("license: %s%s", verdict.reason.name.lower(), f"; {verdict.advice}" if verdict.advice else "")


class _Held:
    """An answer that holds something until the server has sent or dropped it, which it says by close (PEP 3333)."""

    def __init__(self, answer: Iterable[bytes], held: contextlib.ExitStack) -> None:
        self._answer, self._held = answer, held

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        with self._held:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
