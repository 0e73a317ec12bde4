"""What the tests of the Python package have in common: the package, a library that an interpreter can load, and a licensed host."""
import pathlib, sys, time, unittest
import metered_product
from client_library import Library
from stage import SOURCE, Stage

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
LIBRARY, FAKE = (BINARIES.parent / 'lib' / f'{name}.so.1' for name in ('libholdfast', 'libholdfast-fake'))
if Library(BINARIES).sanitizers:
    print('skipped: a library with a sanitizer wants an interpreter with the same')
    sys.exit(77)

PACKAGE = SOURCE / 'agent' / 'client' / 'python'
EXAMPLE = SOURCE / 'docs' / 'examples' / 'python'
PATIENCE = 60  # seconds: of what is awaited, and happens

sys.dont_write_bytecode = True  # the tree stays as it is
sys.path.insert(0, str(PACKAGE))
import holdfast, holdfast.library, holdfast.testing, holdfast.wsgi  # noqa: E402, F401


class PythonStage(Stage):
    """A vendor of the example's product, with a gauge, a meter and a key besides, and a host with a license of it."""

    def __init__(self):
        super().__init__(BINARIES)
        try:
            self.acme = self.vendor()
            self.content_key = metered_product.offer(self.acme, 'acme-notes', EXAMPLE / 'product.json', limits={'open-notes': {'kind': 'gauge', 'max': 5}})
            self.site = self.licensed_site()
        except BaseException:
            self.close()
            raise

    def licensed_site(self):
        return self.licensed_host(self.acme, product='acme-notes')


class WithFake(unittest.TestCase):
    """For tests that ask the package's test double."""

    def license(self, **decisions):
        license = holdfast.testing.License(FAKE, **decisions)
        self.addCleanup(license.close)
        return license

    def client(self, license):
        client = license.client()
        self.addCleanup(client.close)
        return client


def await_that(true):
    """What has no event to wait for; who asks waits for the answer of an agent or a server each time."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, 'it has not happened'
