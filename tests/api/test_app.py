"""The process that answers requests: what it imports, and what it says about things that are not there."""

from __future__ import annotations

import subprocess
import sys

from fastapi.testclient import TestClient


def test_the_process_that_answers_requests_never_imports_torch_or_ray() -> None:
    code = (
        "import sys, tempfile, cooldown_api.app as a; from cooldown_api.settings import Settings\n"
        "from fastapi.testclient import TestClient\n"
        "settings = Settings(auth='none', data_dir=tempfile.mkdtemp(), database_url='', allowed_hosts=['testserver'])\n"
        "with TestClient(a.create_app(settings)) as client:\n"
        "    recipe = {'name': 'a', 'model': 'a/b', 'sources': {'s': {'connector': 'git', 'url': 'https://git.example.com/a'}}}\n"
        "    assert client.post('/v1/jobs', json={'recipe': recipe}).status_code == 201\n"
        "    assert client.get('/v1/options').status_code == 200\n"
        "sys.exit(bool({'torch', 'transformers', 'ray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_what_is_not_there_is_a_problem_like_all_others(client: TestClient) -> None:
    for method, path, status in (("GET", "/v1/nothing", 404), ("PUT", "/v1/jobs", 405)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["error"]["message"]
