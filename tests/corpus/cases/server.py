"""Serves the `http` bodies of a case on the loopback address."""

import contextlib
import http.server
import pathlib
import threading


@contextlib.contextmanager
def serve(bodies, folder):
    """Serve {path: {"file": name in folder, "headers": {...}}}; yields "host:port"."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = bodies.get(self.path.partition("?")[0])
            if body is None:
                self.send_error(404)
                return
            file = pathlib.Path(folder) / body["file"]
            content = file.read_bytes()
            self.send_response(200)
            headers = {"Content-Length": str(len(content)), **body.get("headers", {})}
            if "last_modified" in body:
                headers["Last-Modified"] = str(body["last_modified"])
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
