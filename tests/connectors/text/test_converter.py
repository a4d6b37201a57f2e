"""Documents through the connector: what one of them does to its reader harms no other."""

from __future__ import annotations

import importlib.metadata

import pytest
from cooldown_connectors.text import TextConnector, TextOptions
from cooldown_connectors.text import converter as converters
from cooldown_connectors.text.converted import NotConvertedError
from cooldown_connectors.text.converter import Converter
from fpdf import FPDF

from cooldown_kit import worker_process
from cooldown_kit.errors import InputError
from cooldown_kit.events import Message


def pdf(text: str) -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("Times", size=12)
    if text:
        document.multi_cell(0, 6, text)
    return bytes(document.output())


def docx(text: str) -> bytes:
    import io

    from docx import Document

    document = Document()
    document.add_paragraph(text)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_documents_in_a_folder_are_records_and_bad_ones_are_named(harvest, write) -> None:
    write("docs/a.docx", docx("From Word."))
    write("docs/b.PDF", pdf("From a PDF."))
    write("docs/c.pdf", b"%PDF-1.4 cut")
    write("docs/d.docx", b"no zip")
    write("docs/e.pdf", pdf(""))
    write("docs/f.docx", docx(" "))
    write("docs/g.pdf", pdf("Again."))
    result = harvest("docs")
    assert [(page.id, page.text) for page in result.pages] == [
        ("a.docx", "From Word.\n"),
        ("b.PDF", "From a PDF.\n"),
        ("g.pdf", "Again.\n"),
    ]
    assert result.reasons == {
        "c.pdf": "bad_pdf",
        "d.docx": "bad_docx",
        "e.pdf": "no_text_layer",
        "f.docx": "empty",
    }


def test_size_and_pages_are_bounded_by_options(harvest, write) -> None:
    write("docs/a.pdf", pdf("x"))
    assert harvest("docs", max_document_size=100).reasons == {"a.pdf": "too_large"}
    document = FPDF()
    for _ in range(3):
        document.add_page()
    write("docs/a.pdf", bytes(document.output()))
    assert harvest("docs", max_document_pages=2).reasons == {"a.pdf": "too_many_pages"}


def test_what_a_document_holds_beside_text_is_counted_in_one_warning(harvest, write) -> None:
    for name in ("a", "b"):
        document = FPDF()
        document.add_page()
        document.set_font("Times", size=12)
        document.cell(0, 6, "Text.")
        document.add_page()
        write(f"docs/{name}.pdf", bytes(document.output()))
    warnings = [event.text for event in harvest("docs").events if isinstance(event, Message)]
    assert warnings == ["book: 2 pages of PDFs have no text layer"]


def test_a_document_that_takes_too_long_is_skipped_and_the_next_one_read() -> None:
    import io
    import zipfile

    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx("x"))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                head, tail = content.split(b"<w:body>")
                content = head + b"<w:body>" + b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 400_000 + tail
            new.writestr(name, content)
    with Converter(seconds=1, max_pages=10) as converter:
        with pytest.raises(NotConvertedError, match="max_document_seconds") as caught:
            converter.convert("docx", stream.getvalue())
        assert caught.value.reason == "too_hard_to_read"
        assert converter.convert("docx", docx("Next.")).text == "Next.\n"


def test_the_process_starts_without_a_word_to_the_person(capfd: pytest.CaptureFixture[str]) -> None:
    with Converter(seconds=10, max_pages=10) as converter:
        assert converter.convert("pdf", pdf("First.")).text == "First.\n"
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_is_lost_is_replaced() -> None:
    with Converter(seconds=10, max_pages=10) as converter:
        assert converter.convert("pdf", pdf("First.")).text == "First.\n"
        converter._worker.kill()
        converter._worker.wait()
        with pytest.raises(NotConvertedError, match="ends the process"):
            converter.convert("pdf", pdf("Lost."))
        assert converter.convert("pdf", pdf("Second.")).text == "Second.\n"


def test_no_process_is_started_where_there_is_no_document(harvest, write, monkeypatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(worker_process, "start", refuse)
    write("docs/a.md")
    assert harvest("docs").ids == ["a.md"]


def test_a_missing_library_is_named_with_the_extra_before_anything_costs(context, write, monkeypatch) -> None:
    write("docs/a.md")
    write("docs/b.pdf", pdf("x"))
    monkeypatch.setattr(converters, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        TextConnector().check(TextOptions(connector="text", path="docs"), context)
    assert "documents" in str(caught.value.remedy)
    assert str(caught.value.where).endswith("b.pdf")
    TextConnector().check(TextOptions(connector="text", path="docs", formats=["markdown"]), context)


def test_another_version_of_a_converter_is_another_fingerprint(context, write, monkeypatch) -> None:
    options = TextOptions(connector="text", path="docs")
    write("docs/a.md")
    assert "pypdfium2" not in TextConnector().fingerprint(options, context)["converters"]
    write("docs/b.pdf", pdf("x"))
    first = TextConnector().fingerprint(options, context)
    assert first["converters"]["pypdfium2"] == importlib.metadata.version("pypdfium2")
    assert first["converters"]["mammoth"] == importlib.metadata.version("mammoth")
    monkeypatch.setattr(converters.metadata, "version", lambda name: "999")
    assert TextConnector().fingerprint(options, context) != first
