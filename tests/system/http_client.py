"""HTTP on the agent's unix socket, as curl --unix-socket does it."""
import contextlib, http.client, json, socket


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__('localhost', timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.fields, text = response.status, response.headers, response.read()
        self.body = json.loads(text) if text else None


def ask(connection, method, target, body=None, **fields):
    """One question on a connection that stays open."""
    text = None if body is None else body if isinstance(body, (str, bytes)) else json.dumps(body)
    connection.request(method, target, text, {name.replace('_', '-'): value for name, value in fields.items()})
    return Answer(connection.getresponse())


def ask_once(path, method, target, body=None, **fields):
    with contextlib.closing(UnixConnection(path)) as connection:
        return ask(connection, method, target, body, **fields)
