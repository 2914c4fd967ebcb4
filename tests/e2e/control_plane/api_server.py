"""Starts etcd and kube-apiserver on loopback, and talks to the server as its administrator."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOPBACK = "127.0.0.1"
_TOKEN = "only-for-tests-on-loopback"  # noqa: S105 - of a server that lives for one test run
_START_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
_JSON = "application/json"


class DidNotStart(RuntimeError):
    """A program ended, or was not ready in time; what it logged last is in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of a response."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """What the server says about a request that it refused."""
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServer:
    """A running API server, spoken to over HTTPS."""

    port: int
    certificate: Path

    def request(
        self, method: str, path: str, body: object = None, *, sends: str = _JSON, takes: str = _JSON
    ) -> Answer:
        """The answer to one request; *sends* and *takes* are media types."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection(_LOOPBACK, self.port, timeout=30, context=context)
        headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": sends, "Accept": takes}
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
        return Answer(status=response.status, body=_parsed(text))

    def apply(self, path: str, body: object) -> Answer:
        """Server-side apply of *body* at *path*, refusing unknown fields."""
        query = "?fieldManager=tests&force=true&fieldValidation=Strict"
        return self.request("PATCH", path + query, body, sends="application/apply-patch+yaml")


@contextlib.contextmanager
def api_server(programs: Path, folder: Path) -> Iterator[ApiServer]:
    """An API server of the *programs*, with its files in *folder*; ended on leaving.

    Raises:
        DidNotStart: it was not ready within a minute.
    """
    etcd, peer, secure = _free_ports(3)
    key = folder / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    with (
        _running(programs / "etcd", _etcd_flags(folder, client=etcd, peer=peer), folder / "etcd.log"),
        _running(
            programs / "kube-apiserver",
            _api_server_flags(folder, etcd=etcd, secure=secure, key=key, tokens=tokens),
            folder / "kube-apiserver.log",
        ) as process,
    ):
        server = ApiServer(port=secure, certificate=folder / "apiserver.crt")
        wait_until(
            lambda: _is_ready(server, process, folder / "kube-apiserver.log"), "kube-apiserver is ready"
        )
        yield server


def wait_until(holds: Any, what: str) -> None:
    """Ask *holds* until it is true.

    Raises:
        DidNotStart: it was not within a minute.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise DidNotStart(f"not within {_START_SECONDS:.0f} s: {what}")
        time.sleep(_PAUSE_SECONDS)


def _is_ready(server: ApiServer, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise DidNotStart(f"kube-apiserver ended with {process.returncode}: {log.read_text()[-2000:]}")
    # The server makes its own certificate when it starts.
    if not server.certificate.exists():
        return False
    try:
        return server.request("GET", "/readyz").status == http.client.OK
    except OSError:
        return False


def _etcd_flags(folder: Path, *, client: int, peer: int) -> list[str]:
    clients, peers = f"http://{_LOOPBACK}:{client}", f"http://{_LOOPBACK}:{peer}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_server_flags(folder: Path, *, etcd: int, secure: int, key: Path, tokens: Path) -> list[str]:
    return [
        f"--etcd-servers=http://{_LOOPBACK}:{etcd}",
        f"--bind-address={_LOOPBACK}",
        f"--advertise-address={_LOOPBACK}",
        f"--secure-port={secure}",
        f"--cert-dir={folder}",
        "--endpoint-reconciler-type=none",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
    ]


@contextlib.contextmanager
def _running(program: Path, flags: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as output,
        subprocess.Popen([program, *flags], stdout=output, stderr=output) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
