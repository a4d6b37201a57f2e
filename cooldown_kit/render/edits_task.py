"""What all tasks share: a request in words and the files before are the prompt, search/replace edits are the answer.

The prompt is read and not trained on, as in Kimi-Dev (arXiv 2509.23045): a model shall learn to edit, not to recite the files. Files
that were not touched stand among those that were, in the order of their paths (SWE-RL, arXiv 2502.18449), so that which to edit
has to be found; both are cut alike where there is no room for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cooldown_kit import patches
from cooldown_kit.documents import Segment
from cooldown_kit.records import FileChange, UntouchedFile
from cooldown_kit.render.diff import sentence
from cooldown_kit.render.edits import apply_edits, edits_of, read_edits, render_edits
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced, language_tag
from cooldown_kit.render.markup import Body
from cooldown_kit.render.origin import quote_path
from cooldown_kit.render.window import Span, excerpt, fit, lines_of, share_out


class _Shown(NamedTuple):
    """A file of the prompt."""

    path: str
    text: str
    edited: list[Span]
    """The lines that edits speak of: they must be seen."""
    sight: Span
    """The line to show where there are none and the file is too long."""


class _Answer(NamedTuple):
    text: str
    spans: list[Span]
    edits: int


class Unfit(Exception):
    """The changes cannot be a task; ``args[0]`` is the reason."""


def edits_task(
    message: str,
    changes: Sequence[FileChange],
    untouched: Sequence[UntouchedFile],
    identity: str,
    layouts: Layouts,
    *,
    seen: Span | None = None,
) -> list[Segment]:
    """Prompt and answer. ``message`` says what to do, its first line being the title; ``identity`` decides what is seen of long files,
    and ``seen`` are lines of the first changed file that are seen in any case.

    Raises :class:`Unfit` with the reason where the changes cannot be a task: ``no_contents`` (of a file that was changed);
    ``no_edits`` (only files that cannot be shown); ``does_not_fit`` (cleaning shortened a file and its patch differently);
    ``edits_not_unique`` (a text to search for would stand more than once); ``edits_not_readable`` (the file itself holds the lines that
    set edits apart); ``type_changed``; ``too_large``.
    """
    answers = [_answer(change, layouts) for change in changes]
    if seen and answers[0].spans:
        answers[0].spans.append(seen)
    if not any(answer.edits for answer in answers):
        raise Unfit("no_edits")
    text = "\n".join(answer.text for answer in answers)
    if len(text) > layouts.options.prompt_characters:
        raise Unfit("too_large")
    files = _shown(changes, untouched, answers, identity, layouts)
    prompt = _prompt(message, files, layouts.options.prompt_characters)
    return Body().text(prompt, trained=False).text(text).segments


def _prompt(message: str, files: Sequence[_Shown], room: int) -> str:
    subject, _, rest = message.partition("\n")
    lines = [lines_of(file.text) for file in files]
    needs = [len(excerpt(text, file.edited, 0)) for text, file in zip(lines, files, strict=True)]
    shares = share_out(room, [len(file.text) for file in files], needs)
    if sum(shares) > room:
        raise Unfit("too_large")
    parts = [f"# {subject}\n", *([rest.strip("\n") + "\n"] if rest.strip() else []), "## Files\n"]
    for file, text, share in zip(files, lines, shares, strict=True):
        part = fit(text, file.edited or [file.sight], share)
        part = excerpt(text, file.edited, 0) if part is None else part
        parts.append(f"### {quote_path(file.path)}\n\n{fenced(part, language_tag(file.path, file.text))}")
    return "\n".join([*parts, "## Edits\n\n"])


def _shown(
    changes: Sequence[FileChange],
    untouched: Sequence[UntouchedFile],
    answers: Sequence[_Answer],
    identity: str,
    layouts: Layouts,
) -> list[_Shown]:
    """The files before, changed and untouched ones, in the order of their paths."""
    files: dict[str, _Shown] = {}
    edited: dict[str, list[Span]] = {}
    for change, answer in zip(changes, answers, strict=True):
        edited.setdefault(change.old_path or change.path, []).extend(answer.spans)
    contents = [(change.old_path or change.path, change.before) for change in changes]
    for path, text in [*contents, *((file.path, file.content) for file in untouched)]:
        if text is not None and path not in files:
            at = int(layouts.fraction(path, identity) * len(lines_of(text)))
            files[path] = _Shown(path, text, edited.get(path, []), (at, at + 1))
    return [files[path] for path in sorted(files)]


def _answer(change: FileChange, layouts: Layouts) -> _Answer:
    """What is done to one file. Raises :class:`Unfit`."""
    heading = f"### {quote_path(change.old_path or change.path)}\n\n"
    if change.status == "type_changed":
        raise Unfit("type_changed")
    if change.patch is None and change.left_out not in (None, "empty"):
        return _Answer(heading + sentence(change) + ".\n", [], 0)
    if change.status == "deleted":
        if change.before is None and change.patch is not None:
            raise Unfit("no_contents")
        return _Answer(heading + "Delete the file.\n", [], 1)
    if change.status == "added":
        return _Answer(heading + _created(change), [], 1)
    text, spans = _edited(change, layouts) if change.patch is not None else ("", [])
    text = "\n".join(filter(None, [_moved(change), text])) or sentence(change) + ".\n"
    return _Answer(heading + text, spans, 1)


def _moved(change: FileChange) -> str:
    steps = []
    if change.status in ("renamed", "copied"):
        word = "Rename" if change.status == "renamed" else "Copy"
        steps.append(f"{word} the file to {quote_path(change.path)}.")
    if change.old_mode != change.new_mode:
        steps.append(f"Change its mode from {change.old_mode} to {change.new_mode}.")
    return " ".join(steps) + "\n" if steps else ""


def _created(change: FileChange) -> str:
    content = patches.after(change) if change.patch else ""
    if content is None:
        raise Unfit("does_not_fit")
    mode = "" if change.new_mode == "100644" else f" with mode {change.new_mode}"
    if not content:
        return f"Create the file, empty{mode}.\n"
    end = "" if content.endswith("\n") else ", without a newline at its end"
    return f"Create the file{mode}{end}:\n\n{fenced(content, language_tag(change.path, content))}"


def _edited(change: FileChange, layouts: Layouts) -> tuple[str, list[Span]]:
    """The edits in a fence and the lines that they speak of, after they were read back and applied."""
    if change.before is None:
        raise Unfit("no_contents")
    if (after := patches.after(change)) is None:
        raise Unfit("does_not_fit")
    assert change.patch is not None
    if len(change.patch) > 2 * layouts.options.prompt_characters:
        raise Unfit("too_large")
    edits = edits_of(change.before, change.patch)
    if edits is None:
        raise Unfit("edits_not_unique")
    text = render_edits(edits)
    try:
        exact = apply_edits(change.before, read_edits(text)) == after
    except ValueError:
        exact = False
    if not exact:
        raise Unfit("edits_not_readable")
    return fenced(text, language_tag(change.path, change.before)), [edit.span for edit in edits]
