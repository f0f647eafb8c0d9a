"""Servers on the loopback device for tests of what is fetched."""

import functools
import http.server
import pathlib
import shutil
import subprocess
import threading


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, with ETags; the requests are kept."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.partition("?")[0]
        wanted = next((value for start, value in self.server.locked.items() if path.startswith(start)), None)
        if wanted not in (None, self.headers.get("Authorization")):
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
            return
        headers = self.server.extra.get(path, {})
        tag = headers.get("ETag")
        known = tag is not None and self.headers.get("If-None-Match") == tag
        self.server.requests.append(self.path)
        self.server.headers.append(self.headers)
        if self.path in self.server.redirections:
            self.send_response(307)
            self.send_header("Location", self.server.redirections[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if known:
            self.send_response(304)
            self.end_headers()
            return
        self.answer = headers
        self.is_untimed = path in self.server.untimed
        super().do_GET()

    def send_header(self, keyword, value):
        if keyword != "Last-Modified" or not getattr(self, "is_untimed", False):
            super().send_header(keyword, value)

    def end_headers(self):
        for name, value in getattr(self, "answer", {}).items():
            self.send_header(name, value)
        super().end_headers()

    def send_response(self, code, message=None):
        self.server.statuses.append(code)
        super().send_response(code, message)


class FileServer:
    """Serves a folder until close(). `extra` holds headers and `redirections`
    locations by path; `locked` the Authorization that paths beginning so want,
    `untimed` the paths whose files have no Last-Modified; `headers` are those of
    the requests."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        self._server.requests = self.requests = []
        self._server.statuses = self.statuses = []
        self._server.extra = self.extra = {}
        self._server.untimed = self.untimed = set()
        self._server.locked = self.locked = {}
        self._server.headers = self.headers = []
        self._server.redirections = self.redirections = {}
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Repository:
    """A git repository, published as a bare one that any web server can serve."""

    def __init__(self, folder, published):
        self.folder = pathlib.Path(folder)
        self.published = pathlib.Path(published)
        self.folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words, cwd=None):
        names = [part for key in ("user.name", "user.email")
                 for part in ("-c", f"{key}=test@example.invalid")]
        done = subprocess.run(["git", *names, *words], cwd=cwd or self.folder, check=True,
                              capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, *tags, **files):
        """Write files (a/b is named a__b), commit, and publish; the commit."""
        for name, content in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        for tag in tags:
            self.git("tag", "--annotate", "--message=tag", tag)
        if self.published.exists():
            shutil.rmtree(self.published)
        self.git("clone", "--quiet", "--bare", str(self.folder), str(self.published), cwd="/")
        self.git("update-server-info", cwd=self.published)
        return self.git("rev-parse", "HEAD")
