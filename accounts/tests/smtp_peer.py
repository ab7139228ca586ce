"""A small SMTP server (RFC 5321) for tests."""

import socket
import threading


class SmtpPeer(threading.Thread):
    """Takes messages, refuses recipients and dies as it is told."""

    def __init__(self, *, refuses="", dies_after_data=False):
        super().__init__(daemon=True)
        self.refuses, self.dies_after_data = refuses, dies_after_data
        self.taken: list[str] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b"220 ready\r\n")
            for line in lines:
                answer = self.answer(line.decode().strip(), peer, lines)
                if not answer:
                    return
                peer.sendall(answer.encode() + b"\r\n")

    def answer(self, line, peer, lines):
        match line.split()[0].upper():
            case "RCPT" if self.refuses and self.refuses in line:
                return "550 no such person"
            case "DATA":
                peer.sendall(b"354 go on\r\n")
                self.taken.append("".join(iter(lambda: next(lines).decode(), ".\r\n")))
                return "" if self.dies_after_data else "250 taken"
            case "QUIT":
                return ""
        return "250 fine"
