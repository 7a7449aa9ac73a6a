"""A small model hub on 127.0.0.1 that serves folders as repositories, for tests and browser journeys.

    with LoopbackHub({"owner/name": folder}, {"yolov5su.pt": file}) as hub:
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")       # the tests' conftest switches requests off
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("AULA_YOLOV5_URL", f"{hub.url}/files")

or, for another process, `env={**os.environ, **hub.environment()}`. The switches below may be set at any time, also
while a download runs; `hub.requests` records what was asked. It speaks as much of the hub's protocol as the real client
uses: model information with sizes and digests, the file tree, and files with ETag, X-Repo-Commit and Range; and for
who uploads, what is in `tests.loopback_uploads`.
"""

import hashlib
import json
import threading
import time
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.loopback_uploads import Uploads

LFS_SUFFIXES = (".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".model")


@dataclass(frozen=True)
class Request:
    """One request as it came: `range` is the Range header."""

    method: str
    path: str
    range: str | None = None
    token: str | None = None


class LoopbackHub:
    """A hub with switches for each way in which a hub can disappoint.

    Attributes:
        status: answer everything with this HTTP status (401 and 404 as the real hub does for what it does not show).
        gated: answer 403 as for a repository whose licence was not accepted.
        hang: accept each connection and stay silent.
        stall_at: stop in the middle of each file, at this offset, and stay silent.
        truncate_at: close the connection in each file at this offset, although more was promised.
        truncates_once: do so once only.
        bytes_per_second: serve files no faster than this, so that a progress bar can be seen.
        corrupt: change the first byte of each file that is served.
        page: answer everything with this HTML, as the login page of a network does.
        cdn: send clients to this other server's /files for large files, as the real hub does.
        writers: the accounts that may write, by token.
        received: what was uploaded, by repository and name; `visibility` says how each was made.
    """

    def __init__(self, repositories: dict[str, Path] | None = None, files: dict[str, Path] | None = None):
        self.repositories = dict(repositories or {})
        self.files = dict(files or {})
        self.requests: list[Request] = []
        self.status: int | None = None
        self.gated = False
        self.hang = False
        self.stall_at: int | None = None
        self.truncate_at: int | None = None
        self.truncates_once = False
        self.bytes_per_second: int | None = None
        self.corrupt = False
        self.page: str | None = None
        self.cdn: LoopbackHub | None = None
        self.writers: dict[str, str] = {}
        self.received: dict[str, dict[str, bytes]] = {}
        self.visibility: dict[str, str] = {}
        self.large_objects: dict[str, bytes] = {}
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="loopback hub", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self) -> dict[str, str]:
        """The variables that make a process ask this hub, with any proxy of the machine left aside."""
        return {
            "HF_ENDPOINT": self.url,
            "AULA_YOLOV5_URL": f"{self.url}/files",
            "HF_HUB_OFFLINE": "0",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def __enter__(self) -> "LoopbackHub":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def commit(self, repository: str) -> str:
        """The commit of `main`: changes with the folder's content."""
        listing = [(name, digest(path)) for name, path in sorted(self.content(repository).items())]
        return hashlib.sha1(json.dumps(listing).encode(), usedforsecurity=False).hexdigest()

    def content(self, repository: str) -> dict[str, Path]:
        """Name and place of each file of a repository."""
        folder = self.repositories[repository]
        return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}

    def asked_for(self, ending: str) -> list[Request]:
        """The GET requests whose path ends so."""
        return [request for request in self.requests if request.method == "GET" and request.path.endswith(ending)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet: clients that go away in the middle are what many tests are about."""


def digest(path: Path) -> str:
    """What the hub calls a file: SHA-256 for large ones (LFS), git's SHA-1 for the others."""
    return _digest(path, path.stat().st_mtime_ns)


@cache
def _digest(path: Path, changed: int) -> str:
    content = path.read_bytes()
    if path.suffix in LFS_SUFFIXES:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def _handler(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(Uploads, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(Request(self.command, path, token=self.headers.get("Authorization")))
            body = self.read_body()
            if hub.status is not None:
                self.refuse(hub.status, None)
            else:
                self.receive(hub, [part for part in path.split("/") if part], body)

        do_PUT = do_POST

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(
                Request(self.command, path, self.headers.get("Range"), self.headers.get("Authorization"))
            )
            if hub.hang:
                hub.closing.wait()
                self.close_connection = True
            elif hub.page is not None:
                self.answer(200, hub.page.encode(), {"Content-Type": "text/html"})
            elif hub.gated:
                self.refuse(403, "GatedRepo")
            elif hub.status is not None:
                self.refuse(hub.status, {404: "EntryNotFound"}.get(hub.status))
            else:
                self.route([part for part in path.split("/") if part])

        do_HEAD = do_GET

        def log_message(self, *parts: object) -> None:
            """Quiet: `hub.requests` is the log."""

        def route(self, parts: list[str]) -> None:
            if parts[:1] == ["files"] and len(parts) == 2 and parts[1] in hub.files:
                self.send(hub.files[parts[1]], {})
            elif parts[:1] == ["files"]:
                self.refuse(404, None)
            elif parts[:2] in (["api", "models"], ["api", "datasets"]):
                self.describe("/".join(parts[2:4]), parts[4:])
            elif parts[:1] == ["datasets"]:
                self.route(parts[1:])
            elif len(parts) > 4 and parts[2] == "resolve":
                self.resolve("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
            else:
                self.refuse(404, None)

        def describe(self, repository: str, rest: list[str]) -> None:
            if repository not in hub.repositories:
                self.refuse(401, "RepoNotFound")  # the real hub does not tell strangers what does not exist
            elif len(rest) > 1 and rest[1] not in ("main", hub.commit(repository)):
                self.refuse(404, "RevisionNotFound")
            elif rest[:1] == ["tree"]:
                self.list_tree(hub.content(repository), "".join(f"{part}/" for part in rest[2:]))
            else:
                siblings = [_sibling(*item) for item in hub.content(repository).items()]
                self.answer_json({"id": repository, "sha": hub.commit(repository), "siblings": siblings})

        def list_tree(self, content: dict[str, Path], folder: str) -> None:
            """The files of a folder and those below it where that is asked for; else its folders, too."""
            below = {name.removeprefix(folder): path for name, path in content.items() if name.startswith(folder)}
            if not below:
                self.refuse(404, "EntryNotFound")
                return
            recursive = "recursive=true" in urlsplit(self.path).query.lower()
            files = {name: path for name, path in below.items() if recursive or "/" not in name}
            folders = {name.split("/")[0] for name in below} - below.keys()
            entries = [_tree_entry(folder + name, path) for name, path in files.items()]
            self.answer_json(
                entries + [{"type": "directory", "path": folder + name, "oid": "0" * 40} for name in folders]
            )

        def resolve(self, repository: str, revision: str, name: str) -> None:
            if repository not in hub.repositories:
                self.refuse(401, "RepoNotFound")
            elif revision not in ("main", hub.commit(repository)):
                self.refuse(404, "RevisionNotFound")
            elif name not in hub.content(repository):
                self.refuse(404, "EntryNotFound")
            elif hub.cdn is not None and name.endswith(LFS_SUFFIXES):
                self.answer(302, b"", {"Location": f"{hub.cdn.url}/files/{name}"})
            else:
                path = hub.content(repository)[name]
                size = str(path.stat().st_size)
                tag = f'"{digest(path)}"'
                linked = {"X-Linked-Size": size, "X-Linked-ETag": tag} if path.suffix in LFS_SUFFIXES else {}
                self.send(path, {"ETag": tag, "X-Repo-Commit": hub.commit(repository), **linked})

        def send(self, path: Path, headers: dict[str, str]) -> None:
            content = path.read_bytes()
            if hub.corrupt:
                content = bytes([content[0] ^ 255]) + content[1:]
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            if start >= len(content) > 0:
                self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            self.send_response(206 if "Range" in self.headers else 200)
            if "Range" in self.headers:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            for name, value in {**headers, "Content-Length": str(len(content) - start)}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.pour(content, start)

        def pour(self, content: bytes, start: int) -> None:
            step = max(hub.bytes_per_second // 20, 1) if hub.bytes_per_second else 64 * 1024
            while start < len(content) and not hub.closing.is_set():
                stop = min(start + step, *(limit for limit in (hub.stall_at, hub.truncate_at) if limit), len(content))
                if stop <= start:
                    if hub.stall_at and start >= hub.stall_at:
                        hub.closing.wait()
                    if hub.truncates_once:
                        hub.truncate_at = None
                    self.close_connection = True
                    return
                try:
                    self.wfile.write(content[start:stop])
                except OSError:  # the client went away
                    self.close_connection = True
                    return
                start = stop
                if hub.bytes_per_second:
                    time.sleep(step / hub.bytes_per_second)

        def refuse(self, status: int, code: str | None) -> None:
            self.answer(status, b"{}", {"X-Error-Code": code} if code else {})

        def answer_json(self, content: Any) -> None:
            self.answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


def _sibling(name: str, path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    if path.suffix not in LFS_SUFFIXES:
        return {"rfilename": name, "size": size, "blobId": digest(path)}
    lfs = {"sha256": digest(path), "size": size, "pointerSize": 134}
    return {"rfilename": name, "size": size, "blobId": "0" * 40, "lfs": lfs}


def _tree_entry(name: str, path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    entry = {"type": "file", "path": name, "size": size, "oid": "0" * 40}
    if path.suffix in LFS_SUFFIXES:
        return {**entry, "lfs": {"oid": digest(path), "size": size, "pointerSize": 134}}
    return {**entry, "oid": digest(path)}
