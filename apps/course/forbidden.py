"""What a course may never set: whatever leads to files, deletes, fetches, or belongs to the course itself.

The rest is allowed only while the page draws a widget of that key for the person who looks (`apps.course.settings`):
what strangers may not see cannot be set for them either.
"""

import re

# As a whole part of a key; parts end at “-”, “_” and other characters that are neither letters nor digits.
WORDS = frozenset(
    (
        "added", "camera", "cancel", "delete", "download", "example", "fetch", "file", "files", "folder", "folders",
        "free", "hub", "keep", "kept", "outcome", "own", "path", "paths", "root", "share", "stop", "unload", "upload",
        "uploads", "zip",
    )
)  # fmt: skip
OF_THE_COURSE = ("course", "language")


def is_forbidden(key: str) -> bool:
    """Whether no course may write the widget of this key. `example`, which names none, is no such key."""
    if key == "example":
        return False
    parts = re.findall(r"[^\W_]+", key.lower())
    return not parts or not key.isprintable() or not WORDS.isdisjoint(parts) or parts[0] in OF_THE_COURSE
