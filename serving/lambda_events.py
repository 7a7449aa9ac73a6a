"""Events of AWS Lambda: those of API Gateway, in both versions, and direct ones; and the responses that they want."""

import base64
import binascii
import json
from typing import Any

from models.errors import InvalidInput
from serving.api.reading import parsed
from serving.api.requests import Asked, OfPictures, Picture

MOST_BYTES = 6_000_000  # of a response, as it is sent: Lambda hands on no more
TOO_LARGE = {"error": "The result is larger than the 6 MB that Lambda hands on. Ask for less at once."}

Json = dict[str, Any]


def is_of_gateway(event: Any) -> bool:
    """Whether an event is an HTTP request, and not the options themselves."""
    return isinstance(event, dict) and ("requestContext" in event or "httpMethod" in event)


def is_get(event: Any) -> bool:
    """Whether somebody only looks whether the function is well."""
    if not is_of_gateway(event):
        return False
    method = event.get("httpMethod") or event["requestContext"].get("http", {}).get("method", "")
    return str(method).upper() == "GET"


def given(event: Any, asked: type[Asked]) -> Any:
    """The options of an event: itself, or the body of a request. A body that is a picture is the one to look at.

    Raises:
        InvalidInput: a body that is no JSON, or not the Base64 that it is said to be.
    """
    if not is_of_gateway(event):
        return event
    body = _body(event)
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") and issubclass(asked, OfPictures):
        options = dict(event.get("queryStringParameters") or {})
        if "classes" in options:
            options["classes"] = [options["classes"]]
        return {**options, "images": [Picture(body)]}
    return parsed(body)


def _body(event: Json) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("The body is not Base64, as the event says it is.") from None


def response(event: Any, status: int, whole: Any, cold: bool) -> Any:
    """What Lambda hands on: to API Gateway a response, else the result; an error has its `status` beside the sentence.

    `cold`: this is the first event of an instance.
    """
    answered = _for_gateway(status, whole, cold) if is_of_gateway(event) else _direct(status, whole)
    if len(json.dumps(answered).encode()) <= MOST_BYTES:
        return answered
    return _for_gateway(413, TOO_LARGE, cold) if is_of_gateway(event) else _direct(413, TOO_LARGE)


def _for_gateway(status: int, whole: Any, cold: bool) -> Json:
    headers = {"Content-Type": "application/json", "X-Aula-Cold": str(int(cold))}
    body = json.dumps(whole, ensure_ascii=False)
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _direct(status: int, whole: Any) -> Any:
    return whole if status < 400 or isinstance(whole, list) else {**whole, "status": status}
