"""Jupyter notebooks: what is taken of each format, and that nothing malformed does harm."""

from __future__ import annotations

import json

import pytest
from cooldown_connectors.git.notebooks import NotebookContent, NotNotebook, read_notebook
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Cell


def read(notebook, max_output=1000):
    text = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return read_notebook(text, max_output)


def cells(*some, **metadata):
    got = read({"cells": list(some), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    assert isinstance(got, NotebookContent)
    return got.cells


def code(*outputs, source="x = 1"):
    return {
        "cell_type": "code",
        "source": source,
        "execution_count": 1,
        "metadata": {},
        "outputs": list(outputs),
    }


def display(**bundle):
    data = {kind.replace("__", "+").replace("_", "/", 1): value for kind, value in bundle.items()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def test_cells_come_in_order_with_their_source_as_string_or_list():
    got = cells(
        {"cell_type": "markdown", "source": ["# Totals\n", "of June"]},
        code(source="1 + 1"),
        {"cell_type": "raw", "source": "raw"},
        {"cell_type": "tab", "source": "of another day"},
    )
    assert [(c.kind, c.source) for c in got] == [
        ("markdown", "# Totals\nof June"),
        ("code", "1 + 1"),
        ("raw", "raw"),
        ("raw", "of another day"),
    ]


def test_outputs_that_are_text_are_kept_and_others_are_counted():
    (cell,) = cells(
        code(
            {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]},
            {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>3</b>"}},
            display(text_html="<table></table>"),
            display(image_png="iVBOR", text_plain="<Figure size 640x480 with 1 Axes>"),
            display(text_plain="HBox(children=())", **{"application_vnd.jupyter.widget-view__json": {}}),
            display(text_html="<b>3</b>", text_plain="<IPython.core.display.HTML object>"),
            {"output_type": "execute_result", "data": {"text/plain": "<Account 3>"}},
            {"output_type": "of another day"},
        )
    )
    assert cell.outputs == ["1\n2\n", "3", "<Account 3>"]
    assert cell.outputs_left_out == 5


def test_markdown_is_taken_where_the_plain_text_only_says_that_there_is_some():
    (cell,) = cells(
        code(
            display(text_markdown="**3**", text_plain="<IPython.core.display.Markdown object>"),
            display(text_markdown="**4**", text_plain="4"),
            display(text_markdown=["**", "5**"]),
        )
    )
    assert cell.outputs == ["**3**", "4", "**5**"]


def test_a_picture_of_something_that_has_a_text_is_kept_as_the_text():
    (cell,) = cells(code(display(image_png="iVBOR", text_plain="x**2 + 1")))
    assert (cell.outputs, cell.outputs_left_out) == (["x**2 + 1"], 0)


def test_tracebacks_lose_their_colours():
    lines = [
        "\x1b[0;31mValueError\x1b[0m  Traceback",
        "\x1b]8;;file://x\x07line\x1b]8;;\x07 1",
        "\x1b[38;5;9mno\x1b[m",
    ]
    (cell,) = cells(
        code(
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": lines},
            {"output_type": "error", "ename": "KeyError", "evalue": "'a'", "traceback": []},
        )
    )
    assert cell.outputs == ["ValueError  Traceback\nline 1\nno", "KeyError: 'a'"]


def test_of_a_progress_bar_its_last_state_stays():
    bar = "start\n  0%|   |\r 50%|## |\r100%|###|\r\nend\r\n"
    (cell,) = cells(code({"output_type": "stream", "name": "stderr", "text": bar}))
    assert cell.outputs == ["start\n100%|###|\nend\n"]


def test_an_output_over_the_limit_is_left_out_and_one_of_exactly_that_length_is_not():
    notebook = {
        "cells": [code(*({"output_type": "stream", "text": "x" * length} for length in (10, 11)))],
    }
    got = read(notebook, max_output=10)
    assert got.cells == [Cell(kind="code", source="x = 1", outputs=["x" * 10], outputs_left_out=1)]


def test_format_3_is_read_like_format_4():
    sheet = {
        "cells": [
            {"cell_type": "heading", "level": 2, "source": ["Totals"]},
            {
                "cell_type": "code",
                "language": "python",
                "input": ["print 1"],
                "outputs": [
                    {"output_type": "stream", "stream": "stdout", "text": ["1\n"]},
                    {"output_type": "pyout", "text": ["2"], "html": ["<b>2</b>"]},
                    {"output_type": "display_data", "png": "iVBOR", "text": "<matplotlib.figure at 0x1>"},
                    {
                        "output_type": "pyerr",
                        "ename": "E",
                        "evalue": "e",
                        "traceback": ["\x1b[1;31mE\x1b[0m"],
                    },
                ],
            },
        ]
    }
    got = read({"metadata": {"name": "x"}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet, {}]})
    assert got == NotebookContent(
        "python",
        [
            Cell(kind="markdown", source="## Totals"),
            Cell(kind="code", source="print 1", outputs=["1\n", "2", "E"], outputs_left_out=1),
        ],
    )


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"language_info": {"name": "Python"}}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "julia-1.10"}}, "julia"),
        ({"kernelspec": {"name": "python3", "display_name": "x"}}, "python"),
        ({"kernelspec": {"name": "evcxr"}}, None),
        ({"kernelspec": 3, "language_info": {"name": None}}, None),
        ({}, None),
    ],
)
def test_the_kernel_says_the_language(metadata, language):
    assert read({"cells": [code()], "metadata": metadata}).language == language


@pytest.mark.parametrize(
    "content", [b"", b" \n", b'{"cells": []}', b'{"cells": [{"cell_type": "code", "source": " "}]}']
)
def test_a_notebook_without_content_is_empty(content):
    assert read(content).reason == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"1e999",
        b'{"worksheets": 3}',
        b'{"metadata": {}}',
        b'{"cells": {"0": 1}}',
        b'{"cells": [7]}',
        b'{"cells": [{"cell_type": "code", "source": 7}]}',
        b'{"cells": [{"cell_type": "code", "source": ["a", 7]}]}',
        b'{"cells": [{"cell_type": "code", "source": "a", "outputs": [7]}]}',
        b'{"cells": [{"cell_type": "code", "source": "a", "outputs": [{"output_type": "display_data", "data": 7}]}]}',
        b"[" * 200_000,
        b'{"cells": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_notebook_says_so_and_does_no_harm(content):
    got = read(content)
    assert isinstance(got, NotNotebook)
    assert got.reason == "not_a_notebook"
    assert got.detail


def test_bytes_that_are_no_utf8_are_named():
    assert read(b'{"cells": [\xff]}') == NotNotebook("not_utf8", "byte 11")


def test_what_python_itself_writes_is_read_although_it_is_no_json():
    text = '\ufeff{"cells": [{"cell_type": "code", "source": "half \\ud83d", "outputs": [], "metadata": {"x": NaN}}]}'
    assert read(text.encode()).cells == [Cell(kind="code", source="half \ufffd")]


VALUE = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["code", "stream", "text/plain", "display_data"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "cell_type",
                    "source",
                    "outputs",
                    "output_type",
                    "data",
                    "text",
                    "metadata",
                    "worksheets",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(VALUE)
def test_no_json_at_all_makes_it_fail(value):
    got = read(json.dumps({"cells": value, "metadata": value}).encode())
    assert isinstance(got, NotNotebook | NotebookContent)
    assert isinstance(read(json.dumps(value).encode()), NotNotebook | NotebookContent)
