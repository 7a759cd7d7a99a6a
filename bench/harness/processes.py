"""The programs that are measured: started on a core, watched through /proc, ended by their pid."""

import collections
import contextlib
import http.client
import itertools
import json
import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import nginx

SERVER_CORE = "0"
LOAD_CORE = "1"
BOTH_CORES = "0-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stolen_seconds():
    """For how long, since it booted, the machine's host kept the server's core from its threads."""
    lines = Path("/proc/stat").read_text().splitlines()
    fields = next(line.split() for line in lines if line.startswith(f"cpu{SERVER_CORE} "))
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


class Program:
    """A running server that listens on `port`."""

    def __init__(self, command, cores, port, log_path, environment=None):
        self.port = port
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", cores, *map(str, command)],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def thread_cpu_seconds(self):
        """CPU time of the threads that live now, by their names."""
        return self._thread_seconds(0)

    def kept_waiting_seconds(self):
        """For how long the I/O threads were ready to run while the core did something else."""
        return self._thread_seconds(1)["io"]

    def _thread_seconds(self, field):
        seconds = collections.Counter()
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            nanoseconds = (thread / "schedstat").read_text().split()[field]
            seconds[(thread / "comm").read_text().strip()] += int(nanoseconds) / 1e9
        return seconds

    def resident_bytes(self):
        return self._status_bytes("VmRSS")

    def peak_resident_bytes(self):
        """The most since forget_peak()."""
        return self._status_bytes("VmHWM")

    def forget_peak(self):
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def _status_bytes(self, name):
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024

    def settle(self, timeout=30):
        """Until it has nothing to do."""
        deadline = time.monotonic() + timeout
        spent = 0.0
        while time.monotonic() < deadline:
            now = self.thread_cpu_seconds().total()
            if now - spent < 0.01:
                return
            spent = now
            time.sleep(0.2)

    def wait_for(self, path, timeout=120):
        """Until `path` answers 200; asked on one connection, which costs the program least."""
        deadline = time.monotonic() + timeout
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            while time.monotonic() < deadline and self._process.poll() is None:
                try:
                    connection.request("GET", path)
                    with connection.getresponse() as response:
                        response.read()
                        if response.status == 200:
                            return self
                except (http.client.HTTPException, OSError):
                    connection.close()
                time.sleep(0.005)
        self.stop()
        raise RuntimeError(f"{self._process.args} is not up:\n{self.log_path.read_text()[-2000:]}")

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Watchers:
    """Streams that are all live; see watchers.cc."""

    def __init__(self, command):
        self._process = subprocess.Popen(
            ["taskset", "-c", LOAD_CORE, *command], stdout=subprocess.PIPE, text=True
        )
        self.answer()

    def answer(self):
        """Its next line: at first that all are live, at its end what they have heard."""
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


class Programs:
    """Starts what is measured: knows where the builds are and where scratch files go."""

    def __init__(self, build, server, directory):
        self.build = build
        self.server_path = server
        self.directory = directory
        self._seeds = itertools.count(1)  # no load repeats the order of the one before
        _raise_open_files()

    def scratch(self, name):
        return self.directory / name

    def server(self, database, cores=SERVER_CORE, threads=1, **others):
        """The board on `database`, ready. `others` are settings; None leaves one at its default."""
        port = free_port()
        settings = {
            "HOST": "127.0.0.1",
            "PORT": port,
            "DATABASE_DIR": database.parent,
            "DATABASE_NAME": database.name,
            "ADVERTISEMENT_EXPIRY_MINUTES": 1440,
            "RATE_LIMIT_PER_MINUTE": 1_000_000_000,
            "MAX_CONNECTIONS": 20_000,
            "MAX_CONNECTIONS_PER_ADDRESS": 20_000,
            "THREADS": threads,
            **others,
        }
        environment = {
            f"GOLEM_DISCOVERY_{name}": str(value)
            for name, value in settings.items()
            if value is not None
        }
        log = self.scratch("server.log")
        return Program([self.server_path], cores, port, log, environment).wait_for("/ready")

    def nginx(self, body, headers):
        """nginx that answers everything by 200 with this body and these further headers."""
        port = free_port()
        configuration = self.scratch(f"nginx-{port}.conf")
        configuration.write_text(nginx.configuration(port, body, headers))
        command = ["nginx", "-p", self.directory, "-e", "stderr", "-c", configuration]
        return Program(command, SERVER_CORE, port, self.scratch("nginx.log")).wait_for("/")

    def watchers(self, port, count, seconds):
        command = [self.build / "bench" / "watchers", "--port", port, "--count", count]
        return Watchers(list(map(str, [*command, "--seconds", seconds])))

    def load(self, port, streams, seconds, ids, options):
        """Runs the load; one result for each (file, connections, rate) of `streams`."""
        texts = [":".join(map(str, stream)) for stream in streams]
        options = ["--port", port, "--seconds", seconds, "--ids", ids, *options]
        options += ["--seed", next(self._seeds)]
        command = ["taskset", "-c", LOAD_CORE, self.build / "bench" / "load", *options, *texts]
        output = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, check=True, timeout=seconds + 60
        ).stdout
        results = [json.loads(line) for line in output.splitlines()]
        for result in results:
            _check_answers(result)
        return results


def _check_answers(result):
    """A figure counts only if everything asked for was answered, and well."""
    refused = {status: count for status, count in result["statuses"].items() if status != "200"}
    if refused or result["broken"] or result["unanswered"] or not result["answered"]:
        raise RuntimeError(f"not everything was answered by 200: {result}")


def _raise_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
