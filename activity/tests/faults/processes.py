"""The processes that are killed, and those that must not notice."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class Archive:
    """A MongoDB server of this run, started by a command with `{port}` and `{data}` in it."""

    def __init__(self, command: str, port: int, folder: Path) -> None:
        self.port = port or _free_port()
        data = folder / "archive"
        data.mkdir()
        self.command = shlex.split(command.format(port=self.port, data=data))
        self.log = (folder / "archive.log").open("ab")
        self.url = f"mongodb://127.0.0.1:{self.port}/faults_{os.getpid()}"

    def start(self, patience: float = 60) -> None:
        """Start it, and return once it answers; a command that goes on as the server may do so."""
        subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        end = time.monotonic() + patience
        while not self.version():
            if time.monotonic() > end:
                raise SystemExit(f"The archive does not answer at port {self.port}; its words are in {self.log.name}")
            time.sleep(0.1)

    def version(self) -> str:
        """Return which server answers; "" when none does."""
        import pymongo
        from pymongo.errors import PyMongoError

        try:
            client: pymongo.MongoClient[Any]
            with pymongo.MongoClient(self.url, serverSelectionTimeoutMS=300, socketTimeoutMS=2000) as client:
                return str(client.server_info()["version"])
        except PyMongoError:
            return ""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, and wait until it is gone when that kills it."""
        pid = self.pid()
        os.kill(pid, number)
        while number == signal.SIGKILL and _lives(pid):
            time.sleep(0.02)

    def end(self) -> None:
        """Leave no server behind, whatever state it is in."""
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)

    def pid(self) -> int:
        """Return the process that listens at the port; raises ProcessLookupError when there is none."""
        inodes = {
            f"socket:[{fields[9]}]"
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for fields in (line.split() for line in Path(table).read_text().splitlines()[1:])
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == self.port
        }
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):
                if str(link.readlink()) in inodes:
                    return int(link.parts[2])
        raise ProcessLookupError(f"Nothing listens at port {self.port}.")


class Worker:
    """A worker as it runs in earnest."""

    def __init__(self, number: int, folder: Path) -> None:
        self.log = (folder / f"worker-{number}.log").open("ab")
        self.start()

    def start(self) -> None:
        command = [sys.executable, "manage.py", "work"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self.log, stderr=self.log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Let it finish; returns its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


class Writer:
    """Changes todos until stopped, and writes down what was kept and what was not."""

    def __init__(self, number: int, folder: Path, email: str, project: str, pace: float) -> None:
        self.diary = folder / f"writer-{number}.jsonl"
        command = [sys.executable, "-m", "activity.tests.faults.writing", str(self.diary), email, project, str(pace)]
        self.process = subprocess.Popen(command, cwd=ROOT)

    def stop(self) -> int:
        """Let it finish; returns its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


def _lives(pid: int) -> bool:
    """Say whether a process is there and no zombie: some shells leave those."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
