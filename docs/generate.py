"""Write the generated pages of docs/reference: `make docs`.

Everything comes from the sources and the demo policy; nothing from the clock, the machine or a database. Equal sources give
equal bytes, so a stale page shows as a difference in version control.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.pages import cli, dags, ledger, policy, processing, promise  # noqa: E402

PAGES: dict[str, Callable[[Path], str]] = {
    "promise": promise.page, "cli": cli.page, "policy": policy.page, "dags": dags.page, "ledger": ledger.page,
    "processing": processing.page,
}


def main() -> None:
    folder = ROOT / "docs" / "reference"
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        path = folder / f"{name}.md"
        text = page(ROOT)
        fresh = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {'written' if fresh else 'as before'}")


if __name__ == "__main__":
    main()
