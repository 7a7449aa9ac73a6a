"""What a request holds, read within bounds: a JSON object, or a form with pictures. Wrong ones get a sentence."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from models.errors import InvalidInput
from serving.api.door import Refused
from serving.api.requests import Asked, OfPictures, Picture, file_name

A = TypeVar("A", bound=Asked)
MOST_FILES, MOST_FIELDS = 1_000, 50


async def asked_in(request: Request, kind: type[A], most_bytes: int) -> A:
    """What is asked, checked against its schema.

    Raises:
        Refused: too large, or of a type that is neither JSON nor a form.
        InvalidInput: no JSON, an option that does not exist, or one of the wrong type.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data" and issubclass(kind, OfPictures):
        return checked(kind, await _form(request, most_bytes))
    if content_type != "application/json":
        also = ", or a form with files" if issubclass(kind, OfPictures) else ""
        raise Refused(415, f"Send JSON{also}, and say so by Content-Type: application/json.")
    body = b"".join([part async for part in _bounded(request, most_bytes)])
    return await asyncio.to_thread(lambda: checked(kind, parsed(body)))  # megabytes would hold everybody up


async def _bounded(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body, part by part. Raises Refused as soon as it is too large, whatever it says of its size."""
    stated, read = request.headers.get("content-length", ""), 0
    too_large = Refused(413, f"At most {most_bytes // 1_000_000} MB can be sent at once. Send less.")
    if stated.isdigit() and int(stated) > most_bytes:
        raise too_large
    async for part in request.stream():
        read += len(part)
        if read > most_bytes:
            raise too_large
        yield part


def parsed(body: bytes) -> Any:
    """JSON. Raises InvalidInput, also for what only looks like it: NaN, brackets without end, and half characters."""
    try:
        found = json.loads(body, parse_constant=_no_number)
        if b"\\u" in body:
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInput("A text has half of a character in it (a lone surrogate). Leave it out.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is not JSON ({_short(error)}). Send an object as in the examples.") from None
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _short(error: Exception) -> str:
    return "brackets within brackets without end" if isinstance(error, RecursionError) else str(error)[:100]


async def _to_its_end(form: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """A form, which ends with two hyphens: else a part of it has not arrived, which the parser would pass over."""
    end = b""
    async for part in form:
        end = (end + part)[-8:]
        yield part
    if not end.rstrip().endswith(b"--"):
        raise MultiPartException("its end is missing")


async def _form(request: Request, most_bytes: int) -> dict[str, Any]:
    """The fields of a form; files, whatever their field is called, are `images`."""
    fields: dict[str, Any] = {}
    pictures: list[Picture] = []
    parser = MultiPartParser(
        request.headers, _to_its_end(_bounded(request, most_bytes)), max_files=MOST_FILES, max_fields=MOST_FIELDS
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidInput(f"This form cannot be read: {error.message}") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            pictures.append(Picture(await value.read(), file_name(value.filename)))
        else:
            fields.setdefault(name, []).append(value)
    await form.close()
    several = {name: values if name == "classes" else values[-1] for name, values in fields.items()}
    return several | {"images": pictures}


def checked(kind: type[A], given: Any) -> A:
    """What is given as a request. Raises InvalidInput, with the first option that is wrong."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(sentence(error, kind)) from None


def sentence(error: ValidationError, kind: type[Asked]) -> str:
    """What is wrong with the first option that is wrong, in words of ours."""
    first: Mapping[str, Any] = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, first["loc"])) or "the request"
    if first["type"] == "extra_forbidden":
        return f"There is no option “{name}” here. Choose from: {', '.join(kind.model_fields)}."
    if first["type"] == "missing":
        return f"“{name}” is missing. Give it, as in the examples."
    return f"“{name}” cannot be used: {_reason(first['msg'])}."


def _reason(message: str) -> str:
    """Of pydantic's “Input should be …” and “Value error, …” what follows a colon well."""
    return message.removeprefix("Value error, ").replace("Input should", "it should", 1)
