"""Where a group is in the vendor's API, and what a problem of it looks like."""

from typing import Any

import httpx

GROUP = "/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check that an answer is a ProblemDetail as the specification has it, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = answer.json()
    assert content.keys() == {"type", "title", "status", "detail", "instance", "violations"}
    assert content["status"] == status
    assert content["instance"] == answer.request.url.raw_path.decode()
    assert content["title"]
    assert content["detail"]
    assert "pydantic" not in answer.text
    return content
