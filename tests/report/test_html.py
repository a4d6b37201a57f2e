"""The report: one file, everything in it, nothing from outside, and nothing that a document could smuggle in."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from pathlib import Path

import msgspec
import pytest
from bs4 import BeautifulSoup

from cooldown_kit.documents import Segment
from cooldown_kit.report.contents import ReportContents
from cooldown_kit.report.html import render_report, write_report

EVIL = "</script></pre></textarea><script>document.title='owned'</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e"


@pytest.fixture
def page(contents: ReportContents) -> BeautifulSoup:
    return BeautifulSoup(render_report(contents), "html.parser")


def rows(page: BeautifulSoup, table: str) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in page.select(f"#{table} tbody tr")
    ]


def test_nothing_is_loaded_from_anywhere(page: BeautifulSoup) -> None:
    assert not page.find_all(["link", "iframe", "object", "embed", "base", "form", "img"])
    assert not page.find_all(src=True)
    assert all(link["href"].startswith("#") for link in page.find_all(href=True))
    assert "@import" not in page.style.string
    assert "url(" not in page.style.string


def test_content_policy_allows_exactly_the_scripts_of_the_page(page: BeautifulSoup) -> None:
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    scripts = [s.string for s in page.find_all("script") if s.get("type") != "application/json"]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
    assert len(scripts) == 2
    assert set(re.search(r"script-src ([^;]*)", policy)[1].split()) == hashes
    assert policy.startswith("default-src 'none';")


def test_plotly_stands_in_the_file_once(contents: ReportContents) -> None:
    assert render_report(contents).count("* plotly.js v") == 1


def test_every_link_of_the_navigation_leads_somewhere(page: BeautifulSoup) -> None:
    targets = [link["href"][1:] for link in page.nav.find_all("a")]
    assert len(targets) == 9
    assert all(page.find(id=target) for target in targets)


def test_evidence_table_shows_every_row_with_its_interval(page: BeautifulSoup) -> None:
    assert rows(page, "evidence-table") == [
        [
            "code",
            "84",
            "61,204",
            "0.8132",
            "0.7561",
            "−0.0571",
            "−0.0712 to −0.0449",
            "−7.0%",
            "94%",
            "improved",
        ],
        [
            "commits",
            "127",
            "58,911",
            "1.1904",
            "1.0473",
            "−0.1431",
            "−0.1602 to −0.1279",
            "−12.0%",
            "98%",
            "improved",
        ],
        [
            "text",
            "31",
            "40,772",
            "1.0217",
            "1.0189",
            "−0.0028",
            "−0.0091 to +0.0037",
            "−0.3%",
            "58%",
            "no difference shown",
        ],
        [
            "all kinds",
            "242",
            "160,887",
            "0.9981",
            "0.9324",
            "−0.0657",
            "−0.0735 to −0.0588",
            "−6.6%",
            "92%",
            "improved",
        ],
    ]
    assert (
        page.select_one("[data-skipped=code]").get_text()
        == "Held-out code that were not scored: 41 budget spent, 3 nothing trained."
    )


def test_headline_says_what_changed_and_the_caveat_stands_beside_it(page: BeautifulSoup) -> None:
    assert page.select_one(".lead").get_text() == (
        "The model predicts held-out code and commits better than before and shows no difference on held-out text."
    )
    caveat = page.select_one("#changed .note").get_text()
    assert "no control arm" in caveat
    assert "+4.4 of the +6.1" in caveat
    assert len(page.select(".tile")) == 4


def test_tables_show_what_was_harvested_dropped_mixed_and_made(
    page: BeautifulSoup, contents: ReportContents
) -> None:
    commits, files, handbook = rows(page, "sources-table")
    assert commits[0] == "payments.commits"
    assert commits[3:6] == ["96 merge", "1,180", "61 too short 12 exact duplicate"]
    assert files[-1] == "1 private key"
    assert handbook[3] == "none"
    assert [row[0] for row in rows(page, "mixture-table")] == [
        "handbook",
        "payments.commits",
        "payments.files",
    ]
    assert rows(page, "mixture-table")[0][2:4] == ["80.00%", "80.00%"]
    assert [row[2] for row in rows(page, "lineage-table")] == [item.digest for item in contents.lineage]
    assert dict(rows(page, "versions-table")) == dict(contents.versions)
    assert [row[0] for row in rows(page, "choices-table")] == [choice.option for choice in contents.choices]
    assert len(rows(page, "timings-table")) == len(contents.timings)
    assert page.select_one("#recipe pre").get_text().strip() == contents.recipe.strip()
    assert contents.warnings[0] in page.select_one("#warnings").get_text()


def test_continuations_and_samples_stand_side_by_side_with_their_origin(
    page: BeautifulSoup, contents: ReportContents
) -> None:
    shown = page.select("#continuations .item")
    assert len(shown) == len(contents.evidence.generations)
    assert [h.get_text() for h in shown[0].find_all("h4")] == ["before", "after", "how it really goes on"]
    samples = page.select("#samples .item")
    assert "revision 9f3c2e1b77" in samples[0].select_one(".prov").get_text()
    assert samples[0].pre.get_text().removeprefix("\n") == contents.samples[0].text
    assert samples[2].get_text().rstrip().endswith("more characters")


def test_every_place_for_a_plot_has_its_figure_and_the_other_way_round(page: BeautifulSoup) -> None:
    figures = json.loads(page.find(id="figures").string)
    assert {place["data-plot"] for place in page.select("[data-plot]")} == set(figures)
    assert set(figures) == {
        "evidence",
        "shares",
        "prefix",
        "loss",
        "learning_rate",
        "grad_norm",
        "tokens_per_second",
    }


def poisoned(value: object) -> object:
    """The same contents with hostile text in every string that a repository or a model can set."""
    if isinstance(value, str):
        return EVIL
    if isinstance(value, dict):
        return {EVIL + key: poisoned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(poisoned(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{name: poisoned(item) for name, item in fields.items()})
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: poisoned(getattr(value, name)) for name in value.__struct_fields__})
    return value


def test_hostile_text_in_any_field_stays_text(contents: ReportContents) -> None:
    html = render_report(poisoned(contents))  # type: ignore[arg-type]
    page = BeautifulSoup(html, "html.parser")
    assert [s.get("type") for s in page.find_all("script")] == ["application/json", None, None]
    assert not page.find_all("img")
    assert not page.find_all(onerror=True)
    assert "\u202e" not in html
    assert page.title.string.startswith("</script></pre>")  # shown as it is, not run and not swallowed
    assert "{{ 7*7 }}" in page.select_one("#samples pre").get_text()
    figures = page.find(id="figures").string
    assert "<" not in figures
    names = json.loads(figures)["shares"]["data"][0]["y"]
    assert all(
        "&lt;/script&gt;" in name and "<" not in name for name in names
    )  # plotly reads labels as markup


def test_leading_newlines_and_control_characters_of_a_sample_are_shown(contents: ReportContents) -> None:
    sample = dataclasses.replace(contents.samples[0], parts=[Segment("\n\nif a:\x00\r\n\tpass\u2066")])
    html = render_report(dataclasses.replace(contents, samples=[sample]))
    assert "<pre>\n\n\nif a:⟨U+0000⟩\n\tpass⟨U+2066⟩</pre>" in html


def test_what_is_not_trained_and_special_tokens_are_visibly_different(contents: ReportContents) -> None:
    page = BeautifulSoup(render_report(contents), "html.parser")
    commit, code, _ = page.select("#samples .item")
    assert commit.select_one("pre .prompt").get_text().startswith("Round refunds half to even")
    assert "+    share" not in "".join(part.get_text() for part in commit.select("pre .prompt"))
    assert [part.get_text() for part in code.select("pre .token")] == ["<repo_name>", "<file_sep>"]
    assert [chip.get_text() for chip in commit.select(".chip")] == ["commits", "diff", "train"]


def test_layouts_are_counted_with_special_tokens_and_with_what_fell_back(contents: ReportContents) -> None:
    page = BeautifulSoup(render_report(contents), "html.parser")
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in page.select("#layouts-table tbody tr")
    ]
    assert rows == [
        ["payments.commits", "diff", "830", "–", "14 before after: no contents 3 before after: too large"],
        ["payments.commits", "before after", "277", "–", ""],
        ["payments.files", "file", "385", "385", ""],
    ]


def test_a_long_document_is_cut_within_a_segment_and_what_is_left_is_counted(
    contents: ReportContents,
) -> None:
    parts = [Segment("a" * 3000, trained=False), Segment("b" * 3000)]
    sample = dataclasses.replace(contents.samples[0], parts=parts)
    page = BeautifulSoup(
        render_report(dataclasses.replace(contents, samples=[sample])), "html.parser"
    ).select_one("#samples .item")
    assert page.pre.get_text().strip() == "a" * 3000 + "b" * 1000
    assert page.get_text().rstrip().endswith("… and 2,000 more characters")


def test_a_run_without_evidence_history_or_samples_still_has_a_report(contents: ReportContents) -> None:
    bare = ReportContents(
        title="bare",
        run="bare-1",
        made_at=contents.made_at,
        goal="code",
        base_model="m",
        method="full",
        recipe="name: bare\n",
        sequence_length=128,
    )
    page = BeautifulSoup(render_report(bare), "html.parser")
    assert "Nothing was held out" in page.select_one(".lead").get_text()
    assert not page.find_all("script")
    assert page.find(id="continuations") is None
    assert all(page.find(id=link["href"][1:]) for link in page.nav.find_all("a"))


def test_too_few_documents_are_said_and_not_plotted(contents: ReportContents) -> None:
    row = msgspec.structs.replace(
        contents.evidence.rows[0], low=None, high=None, verdict="too few documents", documents=1
    )
    evidence = dataclasses.replace(contents.evidence, rows=(row,))
    page = BeautifulSoup(render_report(dataclasses.replace(contents, evidence=evidence)), "html.parser")
    assert "too few held-out documents to judge code" in page.select_one(".lead").get_text()
    assert rows(page, "evidence-table")[0][6] == "–"
    assert "1 held-out document" in [p.get_text() for p in page.select(".tile p")]
    assert "evidence" not in json.loads(page.find(id="figures").string)


def test_report_is_written_whole_even_with_names_that_are_not_unicode(
    contents: ReportContents, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    write_report(dataclasses.replace(contents, title="caf\udce9"), path)
    assert "caf⟨U+DCE9⟩" in path.read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
