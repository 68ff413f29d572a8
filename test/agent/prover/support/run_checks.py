"""Runs checks and prints one JSON object: the name of each -> what is wrong, or null."""

import json
import traceback
from collections.abc import Callable


def same(found: object, wanted: object) -> None:
    assert found == wanted, f"{found!r} is not {wanted!r}"


def run_checks(checks: list[Callable[[], None]]) -> None:
    results: dict[str, str | None] = {}
    for check in checks:
        try:
            check()
            results[check.__name__] = None
        except Exception:
            results[check.__name__] = traceback.format_exc()
    print(json.dumps(results))
