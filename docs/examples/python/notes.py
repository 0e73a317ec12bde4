#!/usr/bin/env python3
"""usage: notes.py [--port N] [--data DIR] [--socket PATH] [--library PATH]
Acme Notes: a licensed web application, with the standard library alone. It shows how to

  begin nothing new when the license says no    a new note, a search and a publication are asked about
  lock nobody out of his data                   reading, saving and exporting are not, whatever the license says
  work on as the fallback edition               fewer notes, no search, and a footer, as the license's values say
  tell of grace and expiry in time              in every page, and in the log

The vendor's roots are part of the program, so roots.py is made when it is built:
  (echo "ROOTS_PEM = '''"; cat roots.pem; echo "'''") > roots.py                             product.json beside this file has the plans."""
import argparse
import html
import json
import logging
import os
import pathlib
import re
import socketserver
import threading
import urllib.parse
import wsgiref.simple_server

import holdfast
import holdfast.wsgi

MAX_NOTE = 64 * 1024  # octets
FREE_NOTES = 1  # what everybody has


class Notes:
    """The notes, a file each. It knows nothing of licenses."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def numbers(self):
        return sorted(int(path.stem) for path in self.directory.glob("*.txt"))

    def path(self, number):
        return self.directory / f"{number}.txt"

    def read(self, number):
        return self.path(number).read_text(encoding="utf-8")

    def add(self, text):
        number = max(self.numbers(), default=0) + 1
        while True:
            try:
                os.close(os.open(self.path(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # of two at a time each has its own
                break
            except FileExistsError:
                number += 1
        self.save(number, text)
        return number

    def save(self, number, text):
        new = self.directory / f"{number}.{threading.get_ident()}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.path(number))


class Mistake(Exception):
    """The request's: an HTTP status and a sentence."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Pages:
    """The application. The client is asked for values and units at the point of use; licensed() below asks about the rest."""

    def __init__(self, notes, client):
        self.notes, self.client = notes, client

    def __call__(self, environ, start_response):
        try:
            status, kind, body = self.answer(environ, environ["REQUEST_METHOD"], environ["PATH_INFO"])
        except Mistake as mistake:
            status, kind, body = mistake.status, "text/html", self.page(html.escape(str(mistake)))
        except (holdfast.Denied, holdfast.Unavailable, holdfast.Untrusted) as error:
            return self.refuse(holdfast.wsgi.Refusal.of(error), environ, start_response)
        return send(start_response, status, kind, body)

    def refuse(self, refusal, environ, start_response):
        status = f"{refusal.status.value} {refusal.status.phrase}"
        return send(start_response, status, "text/html", self.page(html.escape("; ".join(filter(None, (refusal.detail, refusal.advice))))))

    def answer(self, environ, method, path):
        note = re.fullmatch(r"/notes/([0-9]{1,9})(/publish)?", path, re.ASCII)
        if (method, path) == ("GET", "/"):
            return "200 OK", "text/html", self.list()
        if (method, path) == ("POST", "/notes"):
            return "201 Created", "text/html", self.add(text_of(environ))
        if (method, path) == ("GET", "/search"):
            return "200 OK", "text/html", self.list(query_of(environ))
        if (method, path) == ("GET", "/export"):
            return "200 OK", "application/json", json.dumps({number: self.notes.read(number) for number in self.notes.numbers()})
        if (method, path) == ("GET", "/license"):
            return "200 OK", "application/json", self.client.status_json()
        if note and int(note[1]) in self.notes.numbers():
            number = int(note[1])
            if method == "POST" and note[2]:
                text = self.notes.read(number)
                self.client.consume("publications")  # once all else has gone well: units do not come back
                return "200 OK", "text/plain", text + self.footer()
            if method == "POST":
                self.notes.save(number, text_of(environ))
                return "200 OK", "text/html", self.page("saved")
            if method == "GET" and not note[2]:
                return "200 OK", "text/html", self.page(f"<pre>{html.escape(self.notes.read(number))}</pre>")
        raise Mistake("404 Not Found", "there is no such page")

    def add(self, text):
        most = self.client.integer("max-notes", default=FREE_NOTES)
        if len(self.notes.numbers()) >= most:
            raise Mistake("402 Payment Required", f"this edition has room for {most} notes; those that are there can be changed and exported")
        return self.page(f"note {self.notes.add(text)}")

    def list(self, sought=""):
        found = [number for number in self.notes.numbers() if sought in self.notes.read(number)]
        return self.page("".join(f'<p><a href="/notes/{number}">note {number}</a></p>' for number in found))

    def footer(self):
        footer = self.client.text("footer", default="")
        return "" if footer in ("", "none") else f"\n-- \n{footer}\n"

    def page(self, body):
        status = self.client.status()
        edition = f"Acme Notes {status.edition}".strip()
        # Users should read "expires in 12 days" here, and not learn it from a refused request.
        notice = "" if status.reason == holdfast.Reason.ACTIVE else \
            f'<p role="status">License: {html.escape(status.reason.name.lower())}. {html.escape(status.advice)}</p>'
        return f"<!DOCTYPE html><title>{html.escape(edition)}</title>{notice}{body}"


def send(start_response, status, kind, body):
    octets = body.encode()
    start_response(status, [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(octets))), ("Cache-Control", "no-store")])
    return [octets]


def text_of(environ):
    try:
        size = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Mistake("400 Bad Request", "the length is no number") from None
    if not 0 <= size <= MAX_NOTE:
        raise Mistake("413 Content Too Large", f"a note has {MAX_NOTE} octets at most")
    try:
        return environ["wsgi.input"].read(size).decode()
    except UnicodeDecodeError:
        raise Mistake("400 Bad Request", "a note is UTF-8 text") from None


def query_of(environ):
    return urllib.parse.parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0]


def licensed(pages, client):
    """What begins something new is asked about, and everything else is let through."""

    def when(*request):
        return lambda environ: (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == request

    app = holdfast.wsgi.Licensed(pages, client, feature="write", when=when("POST", "/notes"), refuse=pages.refuse)
    return holdfast.wsgi.Licensed(app, client, feature="search", when=when("GET", "/search"), refuse=pages.refuse)


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n", 1)[0].removeprefix("usage: "))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", default="notes")
    parser.add_argument("--socket", help="the agent's")
    parser.add_argument("--library", help="libholdfast, where it is not installed")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    try:
        from roots import ROOTS_PEM
    except ImportError:
        parser.error("roots.py is missing: the head of this program says how it is made")
    with holdfast.Client("acme-notes", ROOTS_PEM, socket=options.socket, library=options.library, open_anyway=True) as client:
        app = licensed(Pages(Notes(options.data), client), client)
        with wsgiref.simple_server.make_server("127.0.0.1", options.port, app, server_class=Server) as server:
            print(f"http://127.0.0.1:{server.server_port}/", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                pass


if __name__ == "__main__":
    main()
