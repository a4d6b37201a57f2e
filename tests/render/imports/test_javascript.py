"""JavaScript and TypeScript: specifiers as written, and where bundlers and compilers look for them."""

from __future__ import annotations

import pytest

from cooldown_kit.render.imports.families import find_imports

SOURCE = """
import React, { useState } from "react";
import "./side-effect.css";
import * as money from './money';
export * from "./split";
export { a as b } from './other.js';
const fs = require("fs");
const { c } = require('./late').deep;
const lazy = () => import("./lazy");
const literal = import(`./template`);
const unknown = require(name), alsoUnknown = import("./" + name), templated = import(`./${name}`);
// import "./comment"
const text = 'import "./text"';
other("./not-required");
"""


@pytest.mark.parametrize("language", ["JavaScript", "TypeScript", "TSX"])
def test_every_form_of_import_with_a_literal_is_read(language: str) -> None:
    assert find_imports(language, SOURCE).imports == (
        "react", "./side-effect.css", "./money", "./split", "./other.js", "fs", "./late", "./lazy", "./template",
    )  # fmt: skip


def test_forms_of_typescript_are_read() -> None:
    source = 'import type { A } from "./a";\nimport b = require("./b");\nlet c: import("./c").C;\nexport type { D } from "./d";\n'
    assert find_imports("TypeScript", source).imports == ("./a", "./b", "./c", "./d")


def test_jsx_is_read() -> None:
    assert find_imports(
        "JavaScript", 'import a from "./a";\nexport default () => <a.B c={1}>text</a.B>;\n'
    ).imports == ("./a",)


def test_extensions_and_indexes_are_guessed(edges) -> None:
    files = {
        "src/main.ts": 'import "./money"; import "./ui"; import "./ui/Button"; import "./data.json"; import "./App.vue"; import ".."',
        "src/money.ts": "",
        "src/money.js": "",
        "src/ui/index.tsx": 'import ".."; import "."; import "./Button.js"',
        "src/ui/Button.tsx": "",
        "src/data.json": "{}",
        "src/App.vue": "",
        "index.js": "",
    }
    assert edges(files) == {
        "src/main.ts": {
            "src/money.ts",
            "src/ui/index.tsx",
            "src/ui/Button.tsx",
            "src/data.json",
            "src/App.vue",
            "index.js",
        },
        "src/ui/index.tsx": {"src/ui/Button.tsx"},
    }


def test_a_script_means_the_script_where_both_stand(edges) -> None:
    found = edges({"a.js": "require('./b')", "b.js": "", "b.ts": "", "c.ts": "import './b.js'"})
    assert found == {"a.js": {"b.js"}, "c.ts": {"b.js"}}


def test_packages_of_one_repository_are_found_by_the_names_in_their_manifests(edges) -> None:
    files = {
        "packages/shared/package.json": '{"name": "@acme/shared", "main": "dist/index.js"}',
        "packages/shared/src/index.ts": "",
        "packages/shared/src/money.ts": "",
        "packages/web/package.json": '{"name": "web"}',
        "packages/web/src/app.tsx": 'import { a } from "@acme/shared"; import "@acme/shared/money"; import "@acme/other"; import "react"',
        "package.json": "{ broken",
    }
    assert edges(files) == {
        "packages/web/src/app.tsx": {"packages/shared/src/index.ts", "packages/shared/src/money.ts"}
    }


def test_an_alias_is_followed_only_where_one_file_fits(edges) -> None:
    files = {
        "web/src/lib/api.ts": "",
        "web/src/pages/home.ts": 'import "@/lib/api"; import "@/lib/log"; import "lib/api"',
        "a/lib/log.ts": "",
        "b/lib/log.ts": "",
    }
    assert edges(files) == {"web/src/pages/home.ts": {"web/src/lib/api.ts"}}


def test_packages_from_elsewhere_are_no_files_of_the_same_name(edges) -> None:
    files = {
        "src/app.js": 'import "react"; import "lodash/get"; import "node:fs"',
        "react.js": "",
        "x/lodash/get.js": "",
    }
    assert edges(files) == {}


def test_queries_of_bundlers_and_paths_out_of_the_repository_do_no_harm(edges) -> None:
    assert edges(
        {"a/b.js": 'import "./c.js?raw"; import "../../../d.js"; import ""', "a/c.js": "", "d.js": ""}
    ) == {"a/b.js": {"a/c.js"}}
