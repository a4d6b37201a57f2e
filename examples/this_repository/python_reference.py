"""Write Python's own language reference, which every interpreter carries, as JSON Lines: text for the demo.

Usage: python python_reference.py OUTPUT.jsonl
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from pydoc_data.topics import topics


def main(output: Path) -> None:
    lines = [json.dumps({"id": name, "title": name, "text": text}) for name, text in sorted(topics.items())]
    content = "\n".join(lines) + "\n"
    if (
        not output.exists() or output.read_text(encoding="utf-8") != content
    ):  # an unchanged file stays an unchanged source
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
