"""The numbers of holdfast.h by their names, in the header's order. They never change; new ones are only added."""
from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """What a function of the library returns."""

    OK = 0
    DENIED = 1
    INVALID_ARGUMENT = -1
    BUFFER_TOO_SMALL = -2
    WRONG_TYPE = -3
    CLOSED = -4
    FORKED = -5
    NO_MEMORY = -10
    SYSTEM = -11
    NO_AGENT = -12
    TIMEOUT = -13
    REFUSED = -14
    UNPROVEN = -15
    AGENT_INVALID = -20
    AGENT_FAKE = -21
    AGENT_REPLAYED = -22
    OTHER_VENDOR = -23
    OTHER_HOST = -24
    AGENT_ALTERED = -25
    INTERNAL = -99


class Reason(enum.IntEnum):
    """Why something is denied, or what to tell the user although it is allowed (docs/enforcement.md). OTHER stands for what a newer library
    says: go by allowed or denied."""

    OTHER = 0
    ACTIVE = 1
    TAMPERED = 2
    REVOKED = 3
    SUSPENDED = 4
    WRONG_HARDWARE = 5
    STATE_ROLLBACK = 6
    RETIRED = 7
    HARDWARE_UNAVAILABLE = 8
    NO_LICENSE = 9
    NOT_YET_VALID = 10
    EXPIRED = 11
    CLOCK_SET_BACK = 12
    OFFLINE_TOO_LONG = 13
    UNKNOWN_FEATURE = 14
    UNKNOWN_LIMIT = 15
    UNKNOWN_KEY = 16
    FEATURE_NOT_GRANTED = 17
    KEY_NOT_GRANTED = 18
    LIMIT_REACHED = 19
    FALLBACK_EDITION = 20
    GRACE = 21
    OFFLINE_GRACE = 22
    OVERAGE = 23
    CLOCK_AHEAD = 24
    EXPIRING = 25
    EMERGENCY = 26
    ADVISORY = 27
    HEARTBEAT_DUE = 28
    REVOCATION_STALE = 29
    CALLER_EXCLUDED = 30
    AGENT_GONE = 100
    AGENT_UNPROVEN = 101

    @classmethod
    def _missing_(cls, value: object) -> Reason:
        return cls.OTHER


class State(enum.IntEnum):
    """The state of the license (docs/enforcement.md)."""

    OTHER = 0
    ACTIVE = 1
    EXPIRING = 2
    GRACE = 3
    FALLBACK = 4
    EXPIRED = 5
    NOT_YET_VALID = 6
    HARDWARE_UNAVAILABLE = 7
    RETIRED = 8
    WRONG_HARDWARE = 9
    SUSPENDED = 10
    REVOKED = 11
    CLOCK_SET_BACK = 12
    OFFLINE_TOO_LONG = 13
    EMERGENCY = 14
    STATE_ROLLBACK = 15
    TAMPERED = 16
    NONE = 17
    AGENT_GONE = 100
    AGENT_UNPROVEN = 101

    @classmethod
    def _missing_(cls, value: object) -> State:
        return cls.OTHER
