"""One job for a caller in another environment: ``python -m governance.called``, a JSON document in, one out.

An Airflow that has its own packages calls the product this way (`GOVERNANCE_PYTHON`). In: ``{"job", "context", "arguments"}``.
Out: ``{"result"}``, or ``{"error", "retryable"}`` in the words of our errors; the text of no other error leaves this process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.domain.canonical import plain
from governance.domain.errors import GovernanceError
from governance.domain.faults import reduced


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Do the job `asked` names; its result or its error as plain data."""
    from governance import jobs

    context = dict(asked.get("context") or {})
    ends = context.get("data_interval_end")
    try:
        context["data_interval_end"] = datetime.fromisoformat(ends) if ends else None
        return {"result": plain(jobs.run(asked["job"], jobs.RunContext(**context), **asked.get("arguments", {})))}
    except GovernanceError as error:
        return {"error": str(error), "retryable": error.retryable}
    except Exception as error:
        return {"error": f"{asked['job']}: {reduced(error)}", "retryable": False}


def main() -> None:
    """Answer on what was standard output at the start: nothing a library prints later can get into the document."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        json.dump(answer(json.load(sys.stdin)), out, ensure_ascii=False)


if __name__ == "__main__":
    main()
