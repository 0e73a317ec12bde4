"""The agent of a host below strace, which traces it or injects a fault."""
import contextlib, os, pathlib, signal, socket, subprocess
from crash_points import TRACED, strace


class TracedAgent:
    """Entered when the agent is ready, or gone already."""

    def __init__(self, host, options):
        self.host = host
        self.argv = [*strace(options), str(host.stage.bin / 'holdfast-agent'), *map(str, host.options())]

    def __enter__(self):
        path = str(self.host.dir / 'notify')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(path)
            ready.settimeout(0.05)
            self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                            env={**TRACED, 'NOTIFY_SOCKET': path})
            self.host.stage.processes.append(self.process)
            said = b''
            while b'READY=1' not in said and self.runs():
                with contextlib.suppress(socket.timeout):
                    said += ready.recv(4096)
        return self

    def runs(self):
        return self.process.poll() is None

    def __exit__(self, *_):
        """Asks the agent to end; what became of it is strace's own end."""
        pid = self.process.pid
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
                os.kill(int(child), signal.SIGTERM)
        self.process.wait(timeout=60)
