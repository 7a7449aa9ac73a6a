"""The API keeps what its document promises, whatever it is asked: requests made from the schema, and broken ones."""

import math
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from serving.api.results import RESULTS
from serving.api.tasks import ROUTES
from tests.serving.api.clients import EACH_ROUTE, application, models_of_routes, near

DOCUMENT = application().openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
PICTURE = (  # of one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SHORT = {"max_new_tokens": 4, "steps": 1, "width": 64, "height": 64}
# The same requests in every run; of a few, because each may run a model.
FEW = settings(
    max_examples=25, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> TestClient:
    return near(application(), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def models(tiny_models) -> dict[str, str]:
    """A small model for each route, since what a schema makes up is no model."""
    return models_of_routes(tiny_models)


def kept(name: str, answered: Any) -> int:
    """Hold an answer against the document; its status."""
    promised = DOCUMENT["paths"][f"/{name}"]["post"]["responses"]
    assert str(answered.status_code) in {str(status) for status in promised}, answered.text
    if answered.status_code == 200:
        TypeAdapter(RESULTS[name]).validate_python(answered.json())
    else:
        assert answered.json()
        assert "Traceback" not in answered.text
    return int(answered.status_code)


def bounded(asked: dict[str, Any], name: str, models: dict[str, str]) -> dict[str, Any]:
    """What was made up, with a model that is there, and with lengths that a test can wait for."""
    usual: dict[str, Any] = {"tokenizer": ["gpt-2"]}
    if name in models:
        usual = {"model": models[name], "device": "cpu", "precision": "fp32"}
    if "images" in ROUTES[name].asked.model_fields:
        usual |= {"images": [PICTURE]}
    lengths = {option: most for option, most in SHORT.items() if option in ROUTES[name].asked.model_fields}
    return asked | usual | lengths


@pytest.mark.parametrize("name", EACH_ROUTE)
def test_what_the_schema_allows_is_answered_as_it_says(name: str, client: TestClient, models) -> None:
    operation, seen = SCHEMA[f"/{name}"]["POST"], set[int]()

    @FEW
    @given(operation.as_strategy())
    def answered(case: Any) -> None:
        if isinstance(case.body, dict):
            seen.add(kept(name, client.post(f"/{name}", json=bounded(case.body, name, models))))

    answered()
    assert 200 in seen


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", EACH_ROUTE)
def test_whatever_stands_in_an_option_is_answered_with_a_sentence(name: str, client: TestClient, models) -> None:
    fields = list(ROUTES[name].asked.model_fields)
    example = DOCUMENT["paths"][f"/{name}"]["post"]["requestBody"]["content"]["application/json"].get("example", {})
    assert kept(name, client.post(f"/{name}", json=bounded(example, name, models))) == 200

    @FEW
    @given(st.sampled_from(fields), ANYTHING)
    def answered(field: str, value: Any) -> None:
        if field in SHORT and isinstance(value, (int, float)) and math.fabs(value) > 2 * SHORT[field]:
            return  # it may write or draw as much as that
        kept(name, client.post(f"/{name}", json=bounded(example, name, models) | {field: value}))

    answered()
