"""Who may use the API: this machine's programs, and who has the token; no web pages, no folders, not too many."""

import pytest

from serving.api.door import Bounds, Counter, Refused, let_in
from tests.serving.api.clients import application, far, near

TOKENIZE = {"texts": ["a"], "tokenizer": ["gpt-2"]}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AULA_API_TOKEN", "a sécret")
    return "a sécret"


def test_without_a_token_it_is_off_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AULA_API_TOKEN", raising=False)
    app = application()
    assert near(app).post("/tokenize", json=TOKENIZE).status_code == 200
    for answered in (far(app).post("/tokenize", json=TOKENIZE), far(app).get("/models"), far(app).get("/")):
        assert answered.status_code == 403
        assert "The API is off for other machines" in answered.json()["error"]
    assert far(app).get("/health").status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer a secret"])
def test_another_token_or_none_is_refused(given: str, token: str) -> None:
    answered = far(application()).post("/tokenize", json=TOKENIZE, headers={"Authorization": given})
    assert answered.status_code == 401
    assert answered.headers["www-authenticate"] == "Bearer"


def test_with_the_token_another_machine_may(token: str) -> None:
    as_sent = f"Bearer {token}".encode().decode("latin-1")  # how a server reads the bytes of a header
    assert not let_in("192.168.1.20", {"authorization": as_sent, "host": "192.168.1.5:8501"}).at_this_machine


def test_other_machines_name_models_and_no_folders(monkeypatch: pytest.MonkeyPatch, tiny_models) -> None:
    monkeypatch.setenv("AULA_API_TOKEN", "secret")
    app, folder = application(), str(tiny_models.bert_classifier())
    with_token = {"Authorization": "Bearer secret"}
    for path in (folder, "/etc", "../..", "C:\\Windows"):
        answered = far(app).post("/classify", json={"texts": ["a"], "model": path}, headers=with_token)
        assert answered.status_code == 403
        assert "and no folders" in answered.json()["error"]
        tokenized = far(app).post("/tokenize", json={"texts": ["a"], "tokenizer": [path]}, headers=with_token)
        assert tokenized.status_code == 403
    assert far(app).post("/tokenize", json=TOKENIZE, headers=with_token).status_code == 200
    assert near(app).post("/classify", json={"texts": ["a"], "model": folder}).status_code == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "https://example.org"}),  # a page of somebody else's
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "null"}),
        ("127.0.0.1", {"host": "example.org:8501"}),  # whose name was made to lead here
        ("127.0.0.1", {"host": "example.org:8501", "origin": "http://example.org:8501"}),
        ("127.0.0.1", {"host": "127.0.0.1:8501", "x-forwarded-for": "10.0.0.7"}),  # through a proxy
        ("127.0.0.1", {}),
        ("127.0.0.1", {"host": "[::1"}),
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "http://[x"}),
        ("127.0.0.1", {"host": "127.0.0.1:x"}),
    ],
)
def test_a_web_page_in_a_browser_here_is_no_program_here(peer: str, headers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AULA_API_TOKEN", raising=False)
    with pytest.raises(Refused) as refused:
        let_in(peer, headers)
    assert refused.value.status == 403


def test_the_apis_own_page_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("127.0.0.1:8501", "localhost:8501", "[::1]:8501"):
        assert let_in("127.0.0.1", {"host": host, "origin": f"http://{host}"}).at_this_machine


def test_too_many_at_once_are_asked_to_come_again() -> None:
    counter = Counter(Bounds(at_once=3, at_once_of_one=2))
    with counter.one("a"), counter.one("a"):
        with pytest.raises(Refused) as refused:
            counter.require_room("a")
        assert refused.value.status == 429
        counter.require_room("b")
        with counter.one("b"), pytest.raises(Refused):
            counter.require_room("c")
    counter.require_room("a")
    assert counter.total == 0


def test_a_full_server_answers_429_and_when_to_come_again() -> None:
    answered = near(application(Bounds(at_once=0))).post("/tokenize", json=TOKENIZE)
    assert answered.status_code == 429
    assert answered.headers["retry-after"] == "5"
