"""A connection to the agent's socket (docs/local-api.md)."""
import json, socket


class Connection:
    """To the agent, as a program of this user has it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.lines = self.socket.makefile('rw')

    def ask(self, **request):
        print(json.dumps(request), file=self.lines, flush=True)
        return json.loads(self.lines.readline())

    def close(self):
        self.lines.close()
        self.socket.close()
