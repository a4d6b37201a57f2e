"""Word files as a reader would read them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from cooldown_connectors.text.converted import NotConvertedError
from cooldown_connectors.text.docx import read_docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

MARKDOWN = """\
# Pump handbook

# Opening the valve

Set `max_flow` to **64**, see [limits](https://example.com/limits#flow); 3 * 4.[^1]

- one
- two

1. first

```
def open(valve):
    if valve.stuck:
        return None
x = 1
```

| key | value |
| --- | --- |
| a \\| b | 1 |

[A pump]

[^1]: As measured in March.
"""
FOOTNOTES = """<w:footnotes {}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>
<w:footnote w:id="1"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>As measured in March.</w:t></w:r></w:p></w:footnote></w:footnotes>"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6260f8cfc0000000030001a1f8c5c50000000049454e44ae426082"
)


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    """The file with some of its parts replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return stream.getvalue()


def simple(text: str = "Text.") -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    return saved(document)


def bare(*texts: str) -> bytes:
    """A file of the fewest parts: one from Word brings styles that take far longer to read than a few paragraphs."""
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    paragraphs = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" Type="{link}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {nsdecls('w')}><w:body>{paragraphs}</w:body></w:document>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def handbook() -> bytes:
    document = docx.Document()
    document.add_heading("Pump handbook", 0)
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("Opening the valve 1", style="toc 1")
    document.add_heading("Opening the valve", 1)
    paragraph = document.add_paragraph("Set ")
    paragraph.add_run("max_flow").font.name = "Courier New"
    paragraph.add_run(" to ")
    paragraph.add_run("64").bold = True
    paragraph.add_run(", see ")
    target = document.part.relate_to(
        "https://example.com/limits#flow",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        is_external=True,
    )
    link = f'<w:hyperlink {nsdecls("w", "r")} r:id="{target}"><w:r><w:t>limits</w:t></w:r></w:hyperlink>'
    paragraph._p.append(parse_xml(link))
    paragraph.add_run("; 3 * 4.")
    paragraph._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="1"/></w:r>'))
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Bullet")
    document.add_paragraph("first", style="List Number")
    document.styles.add_style("Source Code", 1)
    document.add_paragraph("def open(valve):\n    if valve.stuck:\n        return None", style="Source Code")
    document.add_paragraph().add_run("x = 1").font.name = "Consolas"
    table = document.add_table(2, 2)
    for cell, text in zip(
        (cell for row in table.rows for cell in row.cells), ("key", "value", "a | b", "1"), strict=True
    ):
        cell.text = text
    picture = document.add_picture(io.BytesIO(PNG))
    picture._inline.docPr.set("descr", "A pump")
    data = saved(document)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        types = archive.read("[Content_Types].xml")
        links = archive.read("word/_rels/document.xml.rels")
    kind = b"application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    return with_parts(
        data,
        {
            "word/footnotes.xml": FOOTNOTES.format(nsdecls("w")).encode(),
            "[Content_Types].xml": types.replace(
                b"</Types>", b'<Override PartName="/word/footnotes.xml" ContentType="%s"/></Types>' % kind
            ),
            "word/_rels/document.xml.rels": links.replace(
                b"</Relationships>",
                b'<Relationship Id="rIdF" Type="%s" Target="footnotes.xml"/></Relationships>' % relation,
            ),
        },
    )


def test_headings_lists_tables_code_links_and_footnotes_become_markdown() -> None:
    converted = read_docx(handbook())
    assert converted.text == MARKDOWN
    assert converted.title == "Pump handbook"
    assert converted.warnings == {}


def test_the_files_own_title_comes_first() -> None:
    document = docx.Document()
    document.core_properties.title = "The  pump handbook"
    document.add_heading("Other", 1)
    assert read_docx(saved(document)).title == "The pump handbook"
    assert read_docx(simple()).title is None


def test_text_in_text_boxes_and_insertions_is_read_and_deleted_text_is_not() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Kept")
    for xml in (
        '<w:ins {0} w:id="1" w:author="A"><w:r><w:t xml:space="preserve"> inserted</w:t></w:r></w:ins>',
        '<w:del {0} w:id="2" w:author="A"><w:r><w:delText> deleted</w:delText></w:r></w:del>',
        '<w:r {0}><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>'
        "<w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    text = read_docx(saved(document)).text
    assert "Kept inserted" in text
    assert "boxed" in text
    assert "deleted" not in text


def test_formulas_that_are_left_out_are_counted() -> None:
    document = docx.Document()
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    document.add_paragraph("See ")._p.append(
        parse_xml(f"<m:oMath {math}><m:r><m:t>x=1</m:t></m:r></m:oMath>")
    )
    converted = read_docx(saved(document))
    assert converted.warnings == {"formulas in Word files were left out": 1}


def test_a_file_of_nothing_but_pictures_and_empty_tables_is_empty() -> None:
    document = docx.Document()
    document.add_table(2, 2)
    document.add_picture(io.BytesIO(PNG))
    assert read_docx(saved(document)).text == ""


def reason(data: bytes) -> str:
    with pytest.raises(NotConvertedError) as caught:
        read_docx(data)
    assert caught.value.detail
    return caught.value.reason


def test_what_is_no_word_file_says_so() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500)
    assert reason(ole) == "bad_docx"
    assert reason(ole + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert reason(b"") == "bad_docx"
    assert reason(b"PK\x03\x04 cut short") == "bad_docx"
    assert reason(simple()[:2000]) == "bad_docx"
    assert reason(with_parts(simple(), {"word/document.xml": b"<w:document"})) == "bad_docx"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = with_parts(simple(), {"word/document.xml": b" " * (65 << 20)})
    assert len(data) < 200_000
    assert reason(data) == "too_large"


@pytest.mark.parametrize("element", ["w:tbl><w:tr><w:tc", "w:sdt><w:sdtContent"])
def test_elements_without_end_in_each_other_are_refused(element: str) -> None:
    closing = "></".join(reversed(element.split("><")))
    with zipfile.ZipFile(io.BytesIO(simple())) as archive:
        head, tail = archive.read("word/document.xml").split(b"<w:body>")
    nested = f"<{element}>".encode() * 5000 + b"<w:p/>" + f"</{closing}>".encode() * 5000
    data = with_parts(simple(), {"word/document.xml": head + b"<w:body>" + nested + tail})
    assert reason(data) == "bad_docx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declared",
    ['<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">'],
)
def test_document_types_with_their_entities_are_refused(encoding: str, declared: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{declared}<x>&b;</x>'.encode(encoding)
    for part in ("word/document.xml", "docProps/core.xml", "word/_rels/document.xml.rels"):
        assert reason(with_parts(simple(), {part: xml})) == "bad_docx"


def test_pictures_from_elsewhere_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*args: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    document = docx.Document()
    document.add_picture(io.BytesIO(PNG))
    document.add_paragraph("Text.")
    data = saved(document)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        links = archive.read("word/_rels/document.xml.rels")
    outside = links.replace(
        b'Target="media/image1.png"', b'Target="http://example.com/x.png" TargetMode="External"'
    )
    assert outside != links
    assert read_docx(with_parts(data, {"word/_rels/document.xml.rels": outside})).text == "Text.\n"


@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), min_size=1, max_size=8)
)
@settings(max_examples=50, deadline=None)
def test_no_paragraph_is_lost_or_changes_its_place(texts: list[str]) -> None:
    assert read_docx(bare(*texts)).text == "\n\n".join(texts) + "\n"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_gives_text_or_a_reason_or_an_error_that_the_worker_names(data: st.DataObject) -> None:
    from cooldown_connectors.text.convert_worker import converted
    from cooldown_connectors.text.converted import Order

    content = bytearray(bare("Text."))
    for _ in range(data.draw(st.integers(1, 10))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    answer = converted(Order("docx", bytes(content), 60, 10))
    assert answer.converted is not None or answer.reason
