"""Scripts and styles come from the package, whole, and are kept by browsers."""

from __future__ import annotations

import re
import subprocess
import sys

from cooldown_api.ui.assets import PLOTLY, STATIC, address, asset
from cooldown_api.ui.page import TEMPLATES


def test_a_file_is_kept_for_a_year_under_the_address_of_its_content(client):
    for name in [path.name for path in STATIC.iterdir()] + [PLOTLY]:
        answer = client.get(address(name))
        assert answer.status_code == 200 and answer.content == asset(name).body, name
        assert "immutable" in answer.headers["cache-control"]
        assert ("content-encoding" in answer.headers) == (len(answer.content) >= 1024)
        etag = answer.headers["etag"]
        assert client.get(f"/static/{name}", headers={"if-none-match": etag}).status_code == 304
        assert client.get(f"/static/{name}?v=old").headers["cache-control"] == "no-cache"
    plain = client.get(f"/static/{PLOTLY}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and len(plain.content) > 1_000_000


def test_nothing_else_is_served(client):
    for name in ("nope.js", "..%2fassets.py", "%2e%2e", "base.html.j2", ".hidden"):
        assert client.get(f"/static/{name}").status_code == 404, name


def test_the_process_that_answers_does_not_import_plotly():
    code = "import sys, cooldown_api.ui.routes as r; from cooldown_api.ui.assets import asset, PLOTLY; asset(PLOTLY); sys.exit('plotly' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_scripts_make_no_code_from_text_and_no_markup_from_strings():
    for path in STATIC.glob("*.js"):
        text = path.read_text()
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"on", text
        ), path
        assert "http://" not in text and "https://" not in text, path


def test_no_template_marks_text_of_others_as_safe():
    for path in TEMPLATES.rglob("*.j2"):
        found = re.findall(r"\{\{[^}]*\|\s*safe\s*\}\}", path.read_text())
        assert found in ([], ["{{ icons[state]|safe }}"]), path
        assert "autoescape" not in path.read_text(), path


def test_nothing_keeps_templates_and_static_files_out_of_a_wheel():
    """The build takes every file of the package that git does not ignore."""
    files = [str(path) for path in (*TEMPLATES.rglob("*"), *STATIC.iterdir()) if path.is_file()]
    assert len(files) > 20
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", *files], cwd=TEMPLATES, capture_output=True, text=True
    )
    assert ignored.returncode == 1, ignored.stdout + ignored.stderr
