"""A door in front of a server: open, shut, or one behind which nobody answers any more."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Passes connections on to a server, while it is open."""

    def __init__(self, host: str, port: int) -> None:
        self.target, self.port = (host, port), 0
        self.passing = threading.Event()
        self.connections: list[socket.socket] = []
        self.open()

    @classmethod
    def before(cls, url: str) -> "Gate":
        """Stand before the server that a URL names."""
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 27017)

    def url(self, url: str, database: str) -> str:
        """Return the URL that leads through the gate, and there to a database."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        options = "&".join(filter(None, [parts.query, "directConnection=true"]))
        return urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{self.port}", path=database, query=options))

    def open(self) -> None:
        """Let everything pass; what came to a deaf gate is passed on now."""
        self.passing.set()
        if not hasattr(self, "listener"):
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
            threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()

    def deafen(self) -> None:
        """Go on accepting, and pass nothing on."""
        self.passing.clear()

    def shut(self) -> None:
        """Refuse whoever comes, and drop those who are here."""
        listener = self.__dict__.pop("listener")
        for one in (listener, *self.connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.connections.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self.target)
                self.connections += [here, there]
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=[source, sink], daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.passing.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
