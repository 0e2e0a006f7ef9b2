"""Writes the published JSON Schemas from the model: `python -m tests.schemas`, after a change of the wire format."""

import json
from pathlib import Path

import pipeline
from pipeline.codec import VERSIONS, json_schema

FOLDER = Path(pipeline.__file__).parent / "schemas"


def published() -> dict[str, str]:
    """File name to contents of every schema as the model has it now."""
    return {
        f"{version.replace('/', '-')}.json": json.dumps(json_schema(noun), indent=1, sort_keys=True) + "\n"
        for noun, version in VERSIONS.items()
    }


if __name__ == "__main__":
    for name, contents in published().items():
        (FOLDER / name).write_text(contents, encoding="utf-8")
