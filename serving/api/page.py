"""The API in a page to read: drawn from its OpenAPI document, without a program from anywhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #22262b; background: #fdfcf9; }
th:nth-child(2) { width: 8rem }
h1 { font-size: 2rem } h2 { margin-top: 2.5rem; font-size: 1.3rem }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f2efe8; border-radius: 4px }
code { padding: .1em .3em } pre { padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem;
        border-bottom: 1px solid #dcd7cb } a { color: #1f5f8b }
@media (prefers-color-scheme: dark) {
  body { color: #e6e3dc; background: #16191d } code, pre { background: #1f242a } td, th { border-color: #353b43 }
  a { color: #8cc4ea } }
"""


def written(document: dict[str, Any], base: str) -> str:
    """HTML of an OpenAPI document; `base` is the address under which its routes are reached."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Aula: API</title>',
        '<meta name="viewport" content="width=device-width"><style>',
        _STYLE,
        f"</style></head><body><h1>{escape(document['info']['title'])}: API</h1>",
        f"<p>{escape(document['info']['description'])}</p>",
        f'<p>For programs: <a href="{escape(base)}/openapi.json">openapi.json</a>. With '
        "<code>Accept: text/event-stream</code> a route tells what happens as it happens: <code>waiting</code>, "
        "<code>step</code>, <code>model</code>, <code>item</code>, and at the end <code>done</code> or "
        "<code>error</code>. Whoever closes the connection stops the work.</p>",
        *_routes(document, base),
        "</body></html>",
    ]
    return "".join(parts)


def _routes(document: dict[str, Any], base: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            yield f"<h2>{method.upper()} {escape(path.lstrip('/'))}</h2><p>{escape(route['summary'])}.</p>"
            content = route.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield _options(content["application/json"]["schema"])
                yield f"<pre>{escape(command(base + path, content))}</pre>"


def _options(schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_usual(name, option, required))}</td>"
        f"<td>{escape(option.get('description', ''))}</td></tr>"
        for name, option in sorted(schema["properties"].items(), key=lambda item: _place(item[0], required))
    )
    return f"<table><tr><th>option</th><th>left out</th><th></th></tr>{''.join(rows)}</table>"


OF_EVERY_MODEL = ("even_if_unreadable", "model", "device", "precision")


def _place(name: str, required: list[str]) -> tuple[bool, bool]:
    """First what must be given, last what is the same everywhere."""
    return name not in required, name in OF_EVERY_MODEL


def _usual(name: str, option: dict[str, Any], required: list[str]) -> str:
    return "must be given" if name in required else json.dumps(option.get("default"), ensure_ascii=False)


def command(address: str, content: dict[str, Any]) -> str:
    """A line for the terminal that asks for an example."""
    if "multipart/form-data" in content:
        return f"curl {address} -F images=@images/bus.jpg"
    example = json.dumps(content["application/json"].get("example", {}), ensure_ascii=False).replace("'", "’")
    return f"curl {address} -H 'Content-Type: application/json' -d '{example}'"
