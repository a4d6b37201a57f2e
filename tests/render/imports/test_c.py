"""C and C++: includes with quotes and brackets."""

from __future__ import annotations

import pytest

from cooldown_kit.render.imports.families import find_imports


@pytest.mark.parametrize("language", ["C", "C++", "Cuda"])
def test_includes_are_read_also_under_conditions_and_not_in_comments(language: str) -> None:
    source = """
/* #include "comment.h" */
#include <stdio.h>
# include "money.h" // "x.h"
#ifdef __cplusplus
extern "C" {
#  include "inner.h"
}
#else
#include <a/b.h>
#endif
#include MACRO
const char *s = "\\
#include \\"text.h\\"";
"""
    assert find_imports(language, source).imports == ("<stdio.h>", '"money.h"', '"inner.h"', "<a/b.h>")


def test_quotes_look_beside_the_file_then_in_include_then_anywhere(edges) -> None:
    files = {
        "src/db/db.cc": '#include "db.h"\n#include "util.h"\n#include "../port/port.h"\n#include "ledger/db.h"\n#include "util/log.h"\n',
        "src/db/db.h": "",
        "src/db/util.h": "",
        "util.h": "",
        "src/port/port.h": "",
        "include/ledger/db.h": "",
        "src/util/log.h": "",
    }
    assert edges(files) == {
        "src/db/db.cc": {
            "src/db/db.h",
            "src/db/util.h",
            "src/port/port.h",
            "include/ledger/db.h",
            "src/util/log.h",
        }
    }


def test_headers_of_the_system_mean_no_file_of_the_repository(edges) -> None:
    files = {
        "a.c": '#include <string.h>\n#include <sys/time.h>\n#include <vector>\n#include "limits.h"\n',
        "compat/string.h": "",
        "compat/sys/time.h": "",
        "compat/limits.h": "",
        "other/vector.h": "",
    }
    assert edges(files) == {}


def test_a_header_beside_the_file_is_meant_whatever_its_name(edges) -> None:
    assert edges({"a.c": '#include "time.h"\n', "time.h": ""}) == {"a.c": {"time.h"}}


def test_of_two_headers_the_nearer_one_is_meant_and_none_where_both_are_far(edges) -> None:
    files = {
        "deps/lua/src/lua.h": "",
        "deps/jit/src/lua.h": "",
        "deps/lua/tools/run.c": '#include "lua.h"\n',
        "src/script.c": "#include <lua.h>\n",
    }
    assert edges(files) == {"deps/lua/tools/run.c": {"deps/lua/src/lua.h"}}


def test_a_file_that_includes_itself_has_no_edge(edges) -> None:
    assert edges({"x.h": '#include "x.h"\n#include "../x.h"\n'}) == {}
