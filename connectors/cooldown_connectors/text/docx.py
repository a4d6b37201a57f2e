"""Word files (.docx) → Markdown: headings, lists, tables, code, links and footnotes, without styling."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from cooldown_connectors.text.converted import Converted, NotConvertedError
from cooldown_connectors.text.html import UnreadableHtmlError, markdown_of

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_MAX_UNPACKED = 64 << 20
"""Bytes of XML in one file. The text of a thousand pages takes about ten million; more than this is no honest file."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How old Word files begin, and new ones that are locked with a password."""
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_CODE = "cooldown code"
"""Names no style of Word's: what is set like code is given it before the conversion."""
_CODE_STYLES = (
    "Source Code",
    "Code",
    "HTML Preformatted",
    "HTML Code",
    "Macro Text",
    "Verbatim",
    "Listing",
    _CODE,
)
_CODE_RUNS = ("HTML Code", "Verbatim Char", "Code Char", _CODE)
_STYLE_MAP = "\n".join(
    [
        *(f"p[style-name='{name}'] => pre:separator('\\n')" for name in _CODE_STYLES),
        *(f"r[style-name='{name}'] => code" for name in _CODE_RUNS),
        "p[style-name='Title'] => h1:fresh",
        "p[style-name='Subtitle'] => p:fresh",
        "p[style-name='TOC Heading'] => !",
        *(f"p[style-name='{toc} {level}'] => !" for level in range(1, 10) for toc in ("toc", "TOC")),
        "u => !",
    ]
)
_MONO = re.compile(r"mono(?!type)|courier|consol|typewriter|menlo|lucida console", re.I)
_NOTE = re.compile(r"#?(?:.*-)?(footnote|endnote)-(?:ref-)?(.+)")
_NAMESPACE = "{http://purl.org/dc/elements/1.1/}"
_MATH = re.compile(r"math\}oMath")


def read_docx(data: bytes) -> Converted:
    """The Markdown of one Word file.

    Raises :class:`NotConvertedError`: ``encrypted``, ``bad_docx``, ``too_large`` (what it unpacks to).
    """
    title = _inspected(data)
    import mammoth

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLE_MAP,
            include_embedded_style_map=False,  # it is the file's, and could hide text
            external_file_access=False,
            convert_image=_image,
            transform_document=_marked,
        )
        soup = _soup(result.value)
        heading = soup.find("h1")
        text = markdown_of(soup, table_infer_header=True)
    except UnreadableHtmlError as error:
        raise NotConvertedError("bad_docx", str(error)) from error
    except RecursionError:
        raise NotConvertedError("bad_docx", "its elements are nested too deeply") from None
    own = " ".join(heading.get_text().split()) if heading else ""
    return Converted(title or own or None, text, _warnings(result.messages))


def _inspected(data: bytes) -> str | None:
    """The title that the file gives itself, once nothing in it can do harm. Raises :class:`NotConvertedError`."""
    if data.startswith(_OLE):
        if _ENCRYPTED_STREAM in data:
            raise NotConvertedError("encrypted", "it opens with a password only")
        raise NotConvertedError("bad_docx", "it is a Word file of the time before 2007: save it as .docx")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels"))]
            size = sum(part.file_size for part in parts)
            if size > _MAX_UNPACKED:
                detail = f"its XML unpacks to {size:,} bytes; at most {_MAX_UNPACKED:,} are read"
                raise NotConvertedError("too_large", detail)
            for part in parts:
                _refuse_doctype(archive.read(part), part.filename)
            names = {part.filename for part in parts}
            return _title(archive.read("docProps/core.xml")) if "docProps/core.xml" in names else None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise NotConvertedError("bad_docx", str(error)) from error


def _refuse_doctype(xml: bytes, name: str) -> None:
    """Word writes no document types; they are what entities that grow without end, or lead to other files, are declared in."""

    def found(*_: object) -> None:
        raise NotConvertedError("bad_docx", f"{name} declares a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = found
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise NotConvertedError("bad_docx", f"{name}: {error}") from error


def _title(core: bytes) -> str | None:
    from xml.etree import ElementTree

    element = ElementTree.fromstring(core).find(f"{_NAMESPACE}title")  # noqa: S314 - it declares no entities
    return " ".join((element.text or "").split()) or None if element is not None else None


def _image(image: Any) -> list[Any]:
    """What stands for a picture: the text that describes it. The picture itself is never opened."""
    from mammoth.html import text

    return [text(f"[{image.alt_text.strip()}]")] if image.alt_text and image.alt_text.strip() else []


def _marked(document: Any) -> Any:
    """The document with what is set in a font of fixed width, but has no style that says so, marked as code."""
    from mammoth import transforms

    def run(element: Any) -> Any:
        if element.font and _MONO.search(element.font) and element.style_name is None:
            return element.copy(style_name=_CODE)
        return element

    def paragraph(element: Any) -> Any:
        runs = [child for child in transforms.get_descendants_of_type(element, _run_type()) if _text(child)]
        plain = element.style_name in (None, "Normal", "No Spacing", "Plain Text", "Body Text")
        if not runs or not plain or element.numbering or any(child.style_name != _CODE for child in runs):
            return element
        children = [child.copy(style_name=None) if child in runs else child for child in element.children]
        return element.copy(style_name=_CODE, children=children)

    return transforms.paragraph(paragraph)(transforms.run(run)(document))


def _run_type() -> Any:
    from mammoth import documents

    return documents.Run


def _text(element: Any) -> str:
    value = getattr(element, "value", None)
    if isinstance(value, str):
        return value
    return "".join(_text(child) for child in getattr(element, "children", ())).strip()


def _soup(html: str) -> BeautifulSoup:
    """The tree of mammoth's HTML with footnotes and inner links as Markdown has them."""
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    soup = BeautifulSoup(html, "html.parser")
    for link in soup.select("sup > a[href^='#']"):
        note = _NOTE.fullmatch(str(link["href"]))
        if note and link.parent is not None:
            link.parent.replace_with(NavigableString(f"[^{_mark(note)}]"))
    for item in soup.select("li[id]"):
        note = _NOTE.fullmatch(str(item["id"]))
        if note:
            for back in item.select("a[href^='#']"):
                back.decompose()
            item.name = "p"
            item.string = f"[^{_mark(note)}]: {' '.join(item.get_text(' ').split())}"
            if item.parent is not None and item.parent.name == "ol":
                item.parent.name = "div"
    for line_break in soup.select("pre br"):
        line_break.replace_with("\n")
    for table in soup.find_all("table"):
        if not table.decomposed and not table.get_text(strip=True):  # it holds pictures, or nothing
            table.decompose()
    for cell in soup.select("td, th"):
        for string in cell.find_all(string=re.compile(r"\|")):
            string.replace_with(string.replace("|", "\\|"))
    for link in soup.select("a[href^='#']"):  # to a place in the file: the words stay
        link.unwrap()
    return soup


def _mark(note: re.Match[str]) -> str:
    return note[2] if note[1] == "footnote" else f"e{note[2]}"


def _warnings(messages: Any) -> dict[str, int]:
    """What mammoth met and could not take, where it may have held text."""
    counts: Counter[str] = Counter()
    for message in messages:
        if message.type == "warning" and message.message.startswith("An unrecognised element was ignored"):
            what = "formulas" if _MATH.search(message.message) else "elements that are not known"
            counts[f"{what} in Word files were left out"] += 1
    return dict(counts)
