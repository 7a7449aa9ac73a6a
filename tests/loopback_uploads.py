"""The other half of the loopback hub: what a client needs to make a repository and to send files to it.

In the order of the real client's requests: the repository is made, the card is checked, each file is asked about (large
ones go by Git LFS), large files are announced and put, and one commit names everything.
"""

import base64
import hashlib
import json
from typing import Any


class Uploads:
    """Answers POST and PUT; the class beside it has `answer`, `answer_json` and `refuse`."""

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def receive(self, hub: Any, parts: list[str], body: bytes) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        account = hub.writers.get(token)
        if parts[:1] == ["objects"]:  # as at the real hub, the address itself is the permission
            self._put_object(hub, parts[1], body)
        elif account is None:
            self.refuse(401, None)
        elif parts == ["api", "validate-yaml"]:
            self.answer_json({"errors": [], "warnings": []})
        elif parts == ["api", "repos", "create"]:
            self._create(hub, account, json.loads(body))
        elif parts[:2] == ["api", "models"] and parts[2] != account:
            self.refuse(403, None)
        elif parts[:2] == ["api", "models"] and parts[4:] == ["preupload", "main"]:
            self._sort(json.loads(body)["files"])
        elif parts[2:] == ["info", "lfs", "objects", "batch"]:
            self._announce(hub, json.loads(body)["objects"])
        elif parts[:2] == ["api", "models"] and parts[4:] == ["commit", "main"]:
            self._commit(hub, "/".join(parts[2:4]), [json.loads(line) for line in body.splitlines()])
        else:
            self.refuse(404, None)

    def _create(self, hub: Any, account: str, wanted: dict[str, Any]) -> None:
        repository = f"{wanted['organization'] or account}/{wanted['name']}"
        if not repository.startswith(f"{account}/"):
            self.refuse(403, None)
        else:
            told = json.dumps({"url": f"{hub.url}/{repository}", "name": repository}).encode()
            self.answer(409 if repository in hub.received else 200, told, {"Content-Type": "application/json"})
            hub.received.setdefault(repository, {})
            hub.visibility.setdefault(repository, wanted.get("visibility", "public"))

    def _sort(self, files: list[dict[str, Any]]) -> None:
        def mode(name: str) -> str:
            return "lfs" if name.endswith((".safetensors", ".bin")) else "regular"

        sorted_files = [{"path": f["path"], "uploadMode": mode(f["path"]), "shouldIgnore": False} for f in files]
        self.answer_json({"files": sorted_files})

    def _announce(self, hub: Any, objects: list[dict[str, Any]]) -> None:
        def entry(wanted: dict[str, Any]) -> dict[str, Any]:
            if wanted["oid"] in hub.large_objects:
                return wanted
            return wanted | {"actions": {"upload": {"href": f"{hub.url}/objects/{wanted['oid']}"}}}

        self.answer_json({"transfer": "basic", "objects": [entry(wanted) for wanted in objects]})

    def _put_object(self, hub: Any, oid: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self.refuse(400, None)
            return
        hub.large_objects[oid] = body
        self.answer_json({})

    def _commit(self, hub: Any, repository: str, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                hub.received[repository][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                hub.received[repository][value["path"]] = hub.large_objects[value["oid"]]
        commit = {"commitUrl": f"{hub.url}/{repository}/commit/{'0' * 40}", "commitOid": "0" * 40, "success": True}
        self.answer_json(commit)
