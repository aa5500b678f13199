"""Writes test/fixtures/api.json: of the published description of the protocol (swagger 2.0), what the official client and we ask for.

python excerpt-api.py FOLDER    FOLDER holds backend.json and leaderboard.json of minfx-ai/minfx: minfx/neptune_v2/apis, v0.7.4
"""
import json
import sys
from pathlib import Path

USED = {
    "backend": ["clients/config", "authorization/oauth-token", "projects/get"],
    "leaderboard": ["experiments", "attributes", "attributes/operations", "attributes/ping"]
    + ["attributes/storage/file/upload" + step for step in ("", "/start", "/part", "/finish")],
}


def described(schema, known, definitions):
    """A schema without texts for people; what it refers to goes into the definitions."""
    if isinstance(schema, list):
        return [described(each, known, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref", "").removeprefix("#/definitions/")
    if reference and reference not in definitions:
        definitions[reference] = None  # definitions may refer to themselves
        definitions[reference] = described(known[reference], known, definitions)
    texts = [key for key in ("description", "title", "summary") if isinstance(schema.get(key), str)]  # properties may be called so, too
    return {key: described(each, known, definitions) for key, each in schema.items() if key not in texts}


def excerpt(service):
    api = json.loads((Path(sys.argv[1]) / f"{service}.json").read_text())
    definitions, paths = {}, {}
    for path in USED[service]:
        full = f"/api/{service}/v1/{path}"
        for method, operation in api["paths"][full].items():
            kept = {key: operation[key] for key in ("operationId", "consumes", "produces", "parameters") if key in operation}
            kept["responses"] = {status: answer for status, answer in operation["responses"].items() if status == "200"}
            paths.setdefault(full, {})[method] = described(kept, api["definitions"], definitions)
    info = {"title": api["info"]["title"], "version": api["info"]["version"]}
    return {"swagger": "2.0", "info": info, "basePath": api["basePath"], "paths": paths, "definitions": definitions}


target = Path(__file__).parent.parent / "fixtures" / "api.json"
source = "minfx-ai/minfx 2e26a81f695f18af76a8bd12823d3ec88e5943be"
target.write_text(json.dumps({"source": source, **{service: excerpt(service) for service in USED}}, indent=1) + "\n")
