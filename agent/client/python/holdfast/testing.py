"""For the tests of applications: a license that says what the test says, without agent, TPM and license.

    with holdfast.testing.License(features={"export": True}, state="grace") as license:
        with holdfast.Client(product="acme-cad", roots_pem="", library=license.library) as client:
            assert client.check("export")
            license.say(denied={"export": "expired"})
            assert not client.check("export")

What can be said is in docs/application.md: features, denied, limits, keys, state, reasons, edition, expires, days_left.

Behind it is libholdfast-fake, another library with a name of its own. It is loaded because the code here says so, never because of an
environment variable: that which names its file of decisions is set only while a client of such a License opens."""
from __future__ import annotations

import ctypes
import json
import os
import pathlib
import tempfile
import threading
import types
from typing import Any, Optional, Type, Union

from .client import Client
from .library import Library, Options

NAME = "libholdfast-fake.so.1"
_FILE = "HOLDFAST_FAKE"
_environment = threading.Lock()


class License:
    """What a license grants, as the test says. Ends with the `with` block, or by close()."""

    def __init__(self, library: Union[str, "os.PathLike[str]"] = NAME, **decisions: Any) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="holdfast-")
        self._file = pathlib.Path(self._directory.name) / "decisions.json"
        self.say(**decisions)
        self.library = _FakeLibrary(library, self._file)

    def say(self, **decisions: Any) -> None:
        """From now on this, and nothing of what was said before."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(decisions))
        new.replace(self._file)  # at once: no client reads half of it

    def client(self, product: str = "test", **options: Any) -> Client:
        return Client(product, "", library=self.library, **options)

    def close(self) -> None:
        self._directory.cleanup()

    def __enter__(self) -> License:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[types.TracebackType]) -> None:
        self.close()


class _FakeLibrary(Library):
    def __init__(self, path: Union[str, "os.PathLike[str]"], file: pathlib.Path) -> None:
        super().__init__(path)
        self._file = file

    def handle(self, options: Options) -> ctypes.c_void_p:
        # The library reads it when a handle is opened, and only then.
        with _environment:
            before = os.environ.get(_FILE)
            os.environ[_FILE] = str(self._file)
            try:
                return super().handle(options)
            finally:
                if before is None:
                    del os.environ[_FILE]
                else:
                    os.environ[_FILE] = before
