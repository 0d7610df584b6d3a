"""The OpenAPI document: valid, complete, made from the rows."""

import re

import pytest

from maestrod.api.protocol.openapi import openapi
from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import FOLLOWING, routes

DOCUMENT = openapi("1.2.3")


@pytest.mark.slow
def test_the_document_is_valid() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # takes half a second to import

    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_row_has_its_operation() -> None:
    operations = {
        operation["operationId"]: (path, verb)
        for path, verbs in DOCUMENT["paths"].items()
        for verb, operation in verbs.items()
    }
    for row in METHODS.values():
        assert operations[row.name] == (row.route.path, row.route.verb.lower())
    assert len(operations) == len(list(routes())) + 4


def test_every_name_of_a_path_is_a_parameter_of_it() -> None:
    for path, verbs in DOCUMENT["paths"].items():
        for operation in verbs.values():
            named = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
            assert named == re.findall(r"\{(\w+)\}", path)


def test_no_address_contains_a_token() -> None:
    asked = [
        each["name"]
        for verbs in DOCUMENT["paths"].values()
        for operation in verbs.values()
        for each in operation.get("parameters", ())
    ]
    assert "sessionToken" not in asked and "limit" in asked


def test_paths_for_websockets_document_101_and_426() -> None:
    for name in FOLLOWING:
        route = METHODS[name].route
        responses = DOCUMENT["paths"][route.path][route.verb.lower()]["responses"]
        assert "101" in responses and "426" in responses and "200" not in responses
