"""Registries on the loopback device for tests: Debian's docker-registry, a token
server, and a proxy that does to answers what networks do to them."""

import base64
import email.utils
import hashlib
import http.client
import http.server
import io
import json
import pathlib
import random
import socket
import subprocess
import threading
import time
import urllib.parse


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """docker-registry until close(). `settings` go into its configuration by
    environment variable (REGISTRY_AUTH_...)."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = _free_port()
        self.name = f"127.0.0.1:{self.port}"
        configuration = self.folder / "config.yml"
        configuration.write_text(
            "version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\n"
            f"storage: {{filesystem: {{rootdirectory: '{self.folder}/data'}}, delete: {{enabled: true}}}}\n"
            f"http: {{addr: '{self.name}', relativeurls: true}}\n")
        self._log = open(self.folder / "log", "wb")
        self._process = subprocess.Popen(["docker-registry", "serve", str(configuration)],
                                         stdout=self._log, stderr=self._log, env={"PATH": "/usr/bin", **settings})
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)

    def get(self, path, **headers):
        """The answer to a request of our own: status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def manifest(self, repository, reference):
        """The document behind a tag or digest, and its digest."""
        types = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, " \
                "application/vnd.docker.distribution.manifest.v2+json, " \
                "application/vnd.docker.distribution.manifest.list.v2+json"
        status, _, body = self.get(f"/v2/{repository}/manifests/{reference}", Accept=types)
        if status != 200:
            raise AssertionError(f"{reference}: {status} {body}")
        return json.loads(body), f"sha256:{hashlib.sha256(body).hexdigest()}"

    def blob_file(self, digest):
        """Where a blob's bytes lie."""
        digits = digest.partition(":")[2]
        return self.folder / f"data/docker/registry/v2/blobs/sha256/{digits[:2]}/{digits}/data"

    def close(self):
        self._process.terminate()
        self._process.wait()
        self._log.close()


class _Server:
    """A threading HTTP server with a handler class, until close()."""

    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.port = self._server.server_port
        self.name = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Forwarding(http.server.BaseHTTPRequestHandler):
    """Passes requests on to another server; subclasses get in between."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def forward(self):
        """The answer of the server behind: status, headers, body."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.owner.behind, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("expect", "connection")}
        connection.request(self.command, self.path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.items(), answer.read()

    def reply(self, status, headers=(), body=b""):
        self.send_response(status)
        length = None
        for name, value in headers:
            if name.lower() == "content-length":
                length = value
            elif name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        raise NotImplementedError

    def _do(self):
        try:
            self.handle_any()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _do


class _TokenHandler(_Forwarding):
    """A registry behind bearer tokens, and its token server (/token)."""

    def handle_any(self):
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/token":
            return self.give_token(urllib.parse.parse_qs(url.query))
        owner.requests.append((self.command, self.path, self.headers.get("Authorization")))
        granted = owner.tokens.get((self.headers.get("Authorization") or "").removeprefix("Bearer "), set())
        needed = self.needed_scopes(url)
        if not needed <= granted:
            scope = f',scope="{" ".join(sorted(needed))}"' if needed else ""
            challenge = f'Bearer realm="http://{owner.name}/token",service="tests"{scope}'
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return self.reply(401, [("WWW-Authenticate", challenge)], b'{"errors": [{"code": "UNAUTHORIZED"}]}')
        return self.reply(*self.forward())

    def needed_scopes(self, url):
        parts = url.path.split("/")
        sources = urllib.parse.parse_qs(url.query).get("from", [])
        for word in ("manifests", "blobs", "tags"):
            if word in parts:
                actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
                return {f"repository:{'/'.join(parts[2:parts.index(word)])}:{actions}",
                        *(f"repository:{source}:pull" for source in sources)}
        return {""}

    def give_token(self, query):
        owner = self.server.owner
        if self.command == "POST":
            query = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            known = query.get("refresh_token") == [owner.identity] and query.get("grant_type") == ["refresh_token"]
            scopes = query.get("scope", [""])[0].split()
        else:
            expected = base64.b64encode(f"{owner.user}:{owner.password}".encode()).decode()
            given = self.headers.get("Authorization")
            known = given == f"Basic {expected}"
            if given is not None and not known:
                return self.reply(401, [], b'{"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}')
            scopes = query.get("scope", [])
        owner.token_requests.append((self.command, scopes))
        if not known and not owner.admits_anonymous:
            return self.reply(401, [], b'{"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]}')
        token = f"token-{len(owner.tokens)}"
        granted = {""}
        for scope in scopes:
            granted.add(scope)
            kind, name, actions = scope.split(":")
            granted.update(f"{kind}:{name}:{action}" for action in actions.split(","))
        owner.tokens[token] = granted
        return self.reply(200, [("Content-Type", "application/json")], json.dumps({"access_token": token}).encode())


class TokenServer(_Server):
    """In front of a registry: asks for bearer tokens, and gives them to the user
    "user" with the password "secret" or the identity token "identity"."""

    user, password, identity = "user", "secret", "identity"

    def __init__(self, registry, admits_anonymous=False):
        self.behind = registry.port
        self.admits_anonymous = admits_anonymous
        self.tokens = {}
        self.requests = []
        self.token_requests = []
        super().__init__(_TokenHandler)


class _ResumableHandler(_Forwarding):
    """Uploads as distribution-spec has them, with what came of a broken one kept."""

    def handle_any(self):
        owner = self.server.owner
        owner.requests.append((self.command, self.path, self.headers.get("Content-Range")))
        url = urllib.parse.urlsplit(self.path)
        kind, name = url.path.split("/")[-2:]
        if self.command == "POST":
            owner.uploads.append(b"")
            return self.reply(202, [("Location", f"/v2/app/uploads/{len(owner.uploads) - 1}")])
        if kind == "uploads":
            return self.upload(int(name), urllib.parse.parse_qs(url.query).get("digest"))
        if self.command == "PUT":
            owner.manifests[name] = self.rfile.read(int(self.headers["Content-Length"]))
            return self.reply(201)
        return self.reply(200 if name in owner.blobs else 404, body=owner.blobs.get(name, b""))

    def upload(self, number, digest):
        owner = self.server.owner
        if self.command == "GET":
            received = len(owner.uploads[number])
            location = f"/v2/app/uploads/{number}"
            return self.reply(204, [("Location", location), ("Range", f"0-{max(0, received - 1)}")])
        begin = (self.headers.get("Content-Range") or "0").partition("-")[0]
        if int(begin) != len(owner.uploads[number]) and self.command == "PATCH":
            return self.reply(416)
        length = int(self.headers.get("Content-Length") or 0)
        if owner.cuts and length > 1000:
            owner.uploads[number] += self.rfile.read(int(length * owner.cuts.pop(0)))
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        owner.uploads[number] += self.rfile.read(length)
        if digest is None:
            return self.reply(202, [("Location", f"/v2/app/uploads/{number}")])
        content = owner.uploads[number]
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest[0]:
            return self.reply(400, [], b'{"errors": [{"code": "DIGEST_INVALID"}]}')
        owner.blobs[digest[0]] = content
        return self.reply(201)


class ResumableRegistry(_Server):
    """A registry of one repository, in memory, that cuts the first large uploads
    after these parts of them."""

    def __init__(self, *cuts):
        self.cuts = list(cuts)
        self.requests, self.uploads = [], []
        self.blobs, self.manifests = {}, {}
        super().__init__(_ResumableHandler)


class _FaultHandler(_Forwarding):
    def handle_any(self):
        owner = self.server.owner
        fault = owner.next_fault(self.command, self.path)
        if fault is None:
            return self.reply(*self.forward())
        return getattr(self, "fault_" + fault)()

    def swallow(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def fault_status_503(self):
        self.swallow()
        self.reply(503, [], b"<html>not now</html>")

    def fault_status_429(self):
        self.swallow()
        self.reply(429, [("Retry-After", "0")], b'{"errors": [{"code": "TOOMANYREQUESTS"}]}')

    def fault_come_back_in(self, header):
        self.swallow()
        self.reply(429, [("Retry-After", header)], b'{"errors": [{"code": "TOOMANYREQUESTS"}]}')

    def fault_in_an_hour(self):
        self.fault_come_back_in("3600")

    def fault_at_a_date(self):
        """In an hour, too."""
        self.fault_come_back_in(email.utils.formatdate(time.time() + 3600, usegmt=True))

    def fault_at_a_date_long_past(self):
        self.fault_come_back_in("Sun, 06 Nov 1994 08:49:37 GMT")

    def fault_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True
        self.connection.close()

    def fault_empty(self):
        """The connection ends without an answer."""
        self.swallow()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def fault_truncated(self):
        """An answer whose body ends in the middle, if it is longer than a byte."""
        status, headers, body = self.forward()
        keep = self.server.owner.random.randrange(1, len(body)) if len(body) > 1 else len(body)
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (not body)))
        self.end_headers()
        self.wfile.write(body[:keep])
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def fault_corrupt(self):
        """One bit of the body is another."""
        status, headers, body = self.forward()
        if body and status in (200, 206):
            at = self.server.owner.random.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        self.reply(status, headers, body)

    def fault_cut(self):
        """Of a request's body the registry gets a part; then both connections end."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(self.server.owner.random.randrange(length) if length else 0)
        with socket.create_connection(("127.0.0.1", self.server.owner.behind)) as behind:
            headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items() if name.lower() != "expect")
            behind.sendall(f"{self.command} {self.path} HTTP/1.1\r\n{headers}\r\n".encode() + body)
            time.sleep(0.1)  # it writes what it got
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def fault_too_large(self):
        self.swallow()
        self.reply(413, [], b"<html>too large</html>")

    def fault_silent(self):
        """Nothing comes, until the other side has had enough."""
        self.connection.settimeout(60)
        self.rfile.read(1)
        self.close_connection = True

    def fault_slow(self):
        """The body comes in drops."""
        status, headers, body = self.forward()
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        size = max(1, len(body) // 8)
        for begin in range(0, len(body), size):
            self.wfile.write(body[begin:begin + size])
            self.wfile.flush()
            time.sleep(self.server.owner.pause)


class _PagingHandler(_Forwarding):
    def handle_any(self):
        status, headers, body = self.forward()
        url = urllib.parse.urlsplit(self.path)
        if url.path.endswith("/tags/list"):
            document = json.loads(body)
            begin = int(urllib.parse.parse_qs(url.query).get("last", ["0"])[0])
            end = begin + self.server.owner.size
            links = [f'<{url.path}?last={max(0, begin - self.server.owner.size)}>; rel="prev"'] if begin else []
            if end < len(document["tags"]):
                links.append(f'<{url.path}?last={end}>; rel="next"')
            document["tags"] = document["tags"][begin:end]
            headers, body = [("Link", ", ".join(links))] if links else [], json.dumps(document).encode()
        self.reply(status, headers, body)


class PagingServer(_Server):
    """In front of a registry: lists so many tags at a time."""

    def __init__(self, registry, size):
        self.behind = registry.port
        self.size = size
        super().__init__(_PagingHandler)


class _ReferrersHandler(_Forwarding):
    """Adds to a registry the list of referrers."""

    def handle_any(self):
        owner = self.server.owner
        parts = self.path.split("/")
        if "referrers" in parts:
            index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                     "manifests": list(owner.referrers.get(parts[-1], {}).values())}
            return self.reply(200, [("Content-Type", index["mediaType"])], json.dumps(index).encode())
        return self.reply(*self.forward())

    def forward(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.rfile = io.BytesIO(body)
        answer = super().forward()
        if self.command == "PUT" and "/manifests/" in self.path:
            manifest = json.loads(body)
            if "subject" in manifest:
                digest = "sha256:" + hashlib.sha256(body).hexdigest()
                entries = self.server.owner.referrers.setdefault(manifest["subject"]["digest"], {})
                entries[digest] = {"mediaType": manifest["mediaType"], "digest": digest, "size": len(body),
                                   "artifactType": manifest["artifactType"],
                                   "annotations": manifest.get("annotations", {})}
        return answer


class ReferrersServer(_Server):
    """In front of a registry: knows what refers to an image (distribution-spec 1.1)."""

    def __init__(self, registry):
        self.behind = registry.port
        self.referrers = {}
        super().__init__(_ReferrersHandler)


class FaultProxy(_Server):
    """In front of a registry. Of `faults`, names of what goes wrong, each request
    takes the next one with the given odds, until none is left; then all is well.
    `matches` (method, path) may spare some requests."""

    pause = 0.01  # seconds between the drops of a slow body
    FAULTS = ("status_503", "status_429", "reset", "empty", "truncated", "slow")

    def __init__(self, registry, faults=(), odds=1.0, seed=1, matches=lambda method, path: True):
        self.behind = registry.port
        self.faults = list(faults)
        self.injected = []
        self.requests = []
        self.random = random.Random(seed)
        self._odds, self._matches = odds, matches
        self._lock = threading.Lock()
        super().__init__(_FaultHandler)

    def next_fault(self, method, path):
        with self._lock:
            self.requests.append((method, path))
            if not self.faults or not self._matches(method, path) or self.random.random() > self._odds:
                return None
            self.injected.append(self.faults.pop(0))
            return self.injected[-1]
