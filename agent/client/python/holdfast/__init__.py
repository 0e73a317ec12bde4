"""What a licensed application asks the Holdfast agent of its host: libholdfast for Python.

    with holdfast.Client(product="acme-cad", roots_pem=ROOTS_PEM) as client:
        if client.check("export"):
            export()

README.md beside this package is enough to begin with; holdfast.h says everything about each function."""
from .answers import Key, Limit, Status, Verdict
from .client import Client
from .errors import (AgentAltered, AgentFake, AgentInvalid, AgentReplayed, BufferTooSmall, Closed, Denied, Error, Forked, InternalError,
                     InvalidArgument, LibraryNotFound, Misuse, NoAgent, NoMemory, OtherHost, OtherVendor, Refused, SystemTrouble, Timeout,
                     Unavailable, Unproven, Untrusted, WrongType)
from .library import Library
from .names import Code, Reason, State

__all__ = [
    "AgentAltered", "AgentFake", "AgentInvalid", "AgentReplayed", "BufferTooSmall", "Client", "Closed", "Code", "Denied", "Error", "Forked",
    "InternalError", "InvalidArgument", "Key", "Library", "LibraryNotFound", "Limit", "Misuse", "NoAgent", "NoMemory", "OtherHost",
    "OtherVendor", "Reason", "Refused", "State", "Status", "SystemTrouble", "Timeout", "Unavailable", "Unproven", "Untrusted", "Verdict",
    "WrongType",
]
