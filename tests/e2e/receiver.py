"""A server that webhooks are sent to."""

import base64
import http.server
import threading

KEY = base64.b64encode(bytes(range(32))).decode()
SECRET = f"whsec_{KEY}"


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps each request, and answers with what it was given."""

    def __init__(self, status=200, headers=(), context=None):
        self.requests, self.status, self.headers = [], status, headers
        self.taken = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, self.headers, body))
        self.send_response(self.server.status)
        for name, value in self.server.headers:
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()
        self.server.taken.set()

    def log_message(self, *_):
        pass
