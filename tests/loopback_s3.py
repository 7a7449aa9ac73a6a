"""S3's own requests on loopback, as many of them as pyarrow makes: what is stored lies in a dictionary."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

DATE = "Sat, 28 Nov 2026 12:00:00 GMT"
Objects = dict[str, bytes]  # by “bucket/key”


class _S3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: Objects
    parts: dict[str, bytes]

    def _asked(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        query = parse_qs(address.query, keep_blank_values=True)
        return unquote(address.path).lstrip("/"), {name: values[0] for name, values in query.items()}

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _xml(self, name: str, inside: str) -> None:
        text = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inside}</{name}>'
        self._answer(200, text.encode(), Content_Type="application/xml")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return _unchunked(body) if "aws-chunked" in self.headers.get("Content-Encoding", "") else body

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def do_HEAD(self) -> None:
        path, _ = self._asked()
        if path in self.objects:
            size = str(len(self.objects[path]))
            self._answer(200, Content_Length=size, Last_Modified=DATE, ETag='"1"')
        else:
            self._answer(200 if "/" not in path.rstrip("/") else 404)

    def do_GET(self) -> None:
        path, query = self._asked()
        if "list-type" in query:
            self._list(path.rstrip("/"), query)
        elif path not in self.objects:
            self._answer(404)
        else:
            first, last = re.findall(r"\d+", self.headers.get("Range", "")) or (0, len(self.objects[path]))
            whole = self.objects[path]
            part = whole[int(first) : int(last) + 1]
            self._answer(206, part, Content_Range=f"bytes {first}-{last}/{len(whole)}", Last_Modified=DATE, ETag='"1"')

    def _list(self, bucket: str, query: dict[str, str]) -> None:
        start, end = f"{bucket}/{query.get('prefix', '')}", query.get("delimiter", "")
        found = sorted(key for key in self.objects if key.startswith(start))
        folders = sorted({key[: key.index(end, len(start)) + 1] for key in found if end and end in key[len(start) :]})
        files = [key for key in found if not end or end not in key[len(start) :]]
        self._xml(
            "ListBucketResult",
            f"<KeyCount>{len(files) + len(folders)}</KeyCount><IsTruncated>false</IsTruncated>"
            + "".join(
                f"<Contents><Key>{escape(key.split('/', 1)[1])}</Key><LastModified>2026-11-28T12:00:00.000Z"
                f"</LastModified><Size>{len(self.objects[key])}</Size></Contents>"
                for key in files
            )
            + "".join(
                f"<CommonPrefixes><Prefix>{escape(key.split('/', 1)[1])}</Prefix></CommonPrefixes>" for key in folders
            ),
        )

    def do_PUT(self) -> None:
        path, query = self._asked()
        body = self._body()
        source = self.headers.get("x-amz-copy-source")
        if source:
            self.objects[path] = self.objects[unquote(source).lstrip("/")]
            self._xml("CopyObjectResult", "<ETag>1</ETag>")
            return
        if "partNumber" in query:
            self.parts[f"{path}#{int(query['partNumber']):05}"] = body
        else:
            self.objects[path] = body
        self._answer(200, ETag='"1"')

    def do_POST(self) -> None:
        path, query = self._asked()
        body = self._body()
        if "uploads" in query:
            self._xml("InitiateMultipartUploadResult", "<UploadId>one</UploadId>")
        elif "uploadId" in query:
            mine = sorted(key for key in self.parts if key.startswith(f"{path}#"))
            self.objects[path] = b"".join(self.parts.pop(key) for key in mine)
            self._xml("CompleteMultipartUploadResult", "<ETag>1</ETag>")
        else:  # several are deleted
            for key in re.findall(rb"<Key>(.*?)</Key>", body):
                self.objects.pop(f"{path.rstrip(chr(47))}/{key.decode()}", None)
            self._xml("DeleteResult", "")

    def do_DELETE(self) -> None:
        self.objects.pop(self._asked()[0], None)
        self._answer(204)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _unchunked(body: bytes) -> bytes:
    """What was sent in AWS's own chunks: a size in hexadecimal, a line end, the bytes, a line end; 0 is the last."""
    whole = b""
    while True:
        head, body = body.split(b"\r\n", 1)
        size = int(head.split(b";")[0], 16)
        if size == 0:
            return whole
        whole, body = whole + body[:size], body[size + 2 :]


@contextmanager
def s3(objects: Objects) -> Iterator[str]:
    """A server with these objects; the end of an `s3://` address that leads to it."""
    handler = type("S3", (_S3,), {"objects": objects, "parts": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"?endpoint_override=127.0.0.1:{server.server_port}&scheme=http&region=us-east-1"
        server.shutdown()
