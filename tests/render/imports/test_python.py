"""Python: what is read as an import, and which file it is."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cooldown_kit.render.imports.families import find_imports

PACKAGE = {
    "src/ledger/__init__.py": "",
    "src/ledger/money.py": "CENT = 1\n",
    "src/ledger/split.py": "from ledger.money import CENT\n",
    "src/ledger/reports/__init__.py": "from .daily import render\n",
    "src/ledger/reports/daily.py": "from ..split import split\nfrom .. import money\n",
}


def test_every_form_of_import_is_read_wherever_it_stands() -> None:
    source = dedent('''
        """import not_this"""
        from __future__ import annotations
        import os, ledger . money as m  # import nor_this
        from a.b import (c, d as e)
        from . import *
        from ...up.there import x
        if TYPE_CHECKING:
            from ledger import types
        def late():
            try:
                import ledger.split
            except ImportError:
                print("import neither_this")
        ''')
    assert find_imports("Python", source).imports == (
        "os", "ledger.money", "a.b:c,d", ".:", "...up.there:x", "ledger:types", "ledger.split",
    )  # fmt: skip


def test_packages_below_src_are_found_absolutely_and_relatively(edges) -> None:
    assert edges(PACKAGE) == {
        "src/ledger/split.py": {"src/ledger/money.py"},
        "src/ledger/reports/__init__.py": {"src/ledger/reports/daily.py"},
        "src/ledger/reports/daily.py": {"src/ledger/split.py", "src/ledger/money.py"},
    }


def test_tests_beside_src_find_the_package(edges) -> None:
    tests = {
        "tests/test_money.py": "import ledger\nfrom ledger import money\nfrom ledger.reports import daily, render\n"
    }
    assert edges(PACKAGE | tests)["tests/test_money.py"] == {
        "src/ledger/__init__.py",
        "src/ledger/money.py",
        "src/ledger/reports/daily.py",
        "src/ledger/reports/__init__.py",
    }


def test_a_name_that_is_no_submodule_means_the_module_that_defines_it(edges) -> None:
    found = edges({"pkg/__init__.py": "", "pkg/a.py": "", "b.py": "from pkg import a\nfrom pkg.a import f\n"})
    assert found == {"b.py": {"pkg/a.py"}}


def test_namespace_packages_are_found(edges) -> None:
    found = edges(
        {
            "services/pay/src/acme/pay/api.py": "from acme.common.log import logger\n",
            "libs/common/src/acme/common/log.py": "",
        }
    )
    assert found == {"services/pay/src/acme/pay/api.py": {"libs/common/src/acme/common/log.py"}}


def test_scripts_find_their_neighbours(edges) -> None:
    assert edges({"scripts/run.py": "import setup_db\n", "scripts/setup_db.py": ""}) == {
        "scripts/run.py": {"scripts/setup_db.py"}
    }


@pytest.mark.parametrize(
    "own", ["app/types.py", "app/logging/__init__.py", "types.py", "tools/json/decoder.py"]
)
def test_names_of_the_standard_library_mean_the_standard_library(edges, own: str) -> None:
    files = {"app/__init__.py": "", own: "", "app/main.py": "import types, logging\nimport json.decoder\n"}
    assert edges(files) == {}


def test_the_standard_library_itself_is_a_repository_like_others(edges) -> None:
    found = edges({"Lib/os.py": "", "Lib/json/__init__.py": "", "Lib/this.py": "import os, json\n"})
    assert found == {"Lib/this.py": {"Lib/os.py", "Lib/json/__init__.py"}}


def test_a_module_inside_another_package_is_not_taken_for_a_package_from_elsewhere(edges) -> None:
    files = {
        "app/__init__.py": "",
        "app/yaml/__init__.py": "",
        "app/yaml/loader.py": "",
        "tests/test_it.py": "from yaml.loader import load\nimport requests\n",
        "vendor/requests.py": "",
    }
    assert edges(files) == {}


def test_the_nearest_of_two_packages_of_one_name_is_meant_and_none_where_both_are_far(edges) -> None:
    files = {
        "one/core/__init__.py": "",
        "one/core/io.py": "",
        "two/core/__init__.py": "",
        "two/core/io.py": "",
        "two/tests/test_io.py": "import core.io\n",
        "elsewhere/run.py": "import core.io\n",
    }
    assert edges(files) == {"two/tests/test_io.py": {"two/core/io.py"}}


def test_relative_imports_do_not_leave_the_repository(edges) -> None:
    assert edges({"a.py": "from .... import b\nfrom ..b import c\n", "b.py": ""}) == {}


def test_stubs_and_cython_are_modules_too(edges) -> None:
    files = {
        "k/__init__.py": "",
        "k/fast.pyx": "",
        "k/slow.pyi": "",
        "m.py": "from k import fast\nimport k.slow\n",
    }
    assert edges(files) == {"m.py": {"k/fast.pyx", "k/slow.pyi"}}


@pytest.mark.parametrize(
    "broken",
    [
        "import a.b\nx = = 1\nimport a.c\n",
        "<<<<<<< HEAD\nimport a.b\n=======\nimport a.c\n>>>>>>> other\n",
        'import a.b\nimport a.c\ns = """never closed\n',
    ],
)
def test_a_broken_file_gives_the_imports_of_its_sound_parts(broken: str) -> None:
    assert set(find_imports("Python", broken).imports) == {"a.b", "a.c"}


def test_python_2_is_read() -> None:
    assert find_imports("Python", 'import urllib2\nprint "import x"\nexec "y" in z\n').imports == ("urllib2",)
