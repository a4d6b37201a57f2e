"""Rust: use trees, modules and crates."""

from __future__ import annotations

from cooldown_kit.render.imports.families import find_imports


def read(source: str) -> set[str]:
    return set(find_imports("Rust", source).imports)


def test_trees_of_use_are_taken_apart() -> None:
    source = "pub use a::{b::{self, c as d}, e::*, /* no */ f};\nuse ::g::r#type::H as I;\nuse {j, k::l};\nextern crate m as n;\n"
    assert read(source) == {
        "use a::b", "use a::b::c", "use a::e", "use a::f", "use g::type::H", "use j", "use k::l", "use m",
    }  # fmt: skip


def test_modules_are_declared_not_defined() -> None:
    source = 'mod a;\npub(crate) mod b { mod c; mod d { mod e; } }\n#[path = "other/f.rs"]\nmod g;\n#[cfg(unix)]\nmod h;\n'
    assert read(source) == {"mod a", "mod b::c", "mod b::d::e", "path other/f.rs", "mod h"}


def test_code_does_not_need_its_tests() -> None:
    assert read("#[cfg(test)]\nmod tests;\n#[cfg(test)]\n// why\n#[allow(x)]\nmod more;\nmod real;\n") == {
        "mod real"
    }


def test_self_and_super_are_as_the_file_sees_them() -> None:
    source = "mod a { mod b { use super::x; use super::super::y; use super::super::super::z; use self::w; } }\nuse self::v;\n"
    assert read(source) == {
        "use self::a::x",
        "use self::y",
        "use super::z",
        "use self::a::b::w",
        "use self::v",
    }


def test_items_in_braces_of_macros_are_read() -> None:
    source = "cfg_rt! {\n    mod runtime;\n    cfg_io! { pub use crate::io::Read; }\n}\nfn f() { use crate::late::X; }\nmacro_rules! m { () => { } }\n"
    assert read(source) == {"mod runtime", "use crate::io::Read", "use crate::late::X"}


CRATE = {
    "src/lib.rs": "mod money;\npub mod split;\n",
    "src/money.rs": "use std::fmt;\n",
    "src/split/mod.rs": "mod rules;\nuse crate::money::Cent;\nuse rules::Rule;\n",
    "src/split/rules.rs": "use super::Split;\nuse super::super::money;\nuse crate::Ledger;\n",
}


def test_modules_are_found_by_crate_self_and_super(edges) -> None:
    assert edges(CRATE) == {
        "src/lib.rs": {"src/money.rs", "src/split/mod.rs"},
        "src/split/mod.rs": {"src/split/rules.rs", "src/money.rs"},
        "src/split/rules.rs": {"src/split/mod.rs", "src/money.rs", "src/lib.rs"},
    }


def test_modules_without_mod_rs_have_a_folder_of_their_name(edges) -> None:
    files = {
        "src/main.rs": "mod a;\n",
        "src/a.rs": 'mod b;\nuse self::b::c::X;\n#[path = "odd.rs"]\nmod d;\n',
        "src/a/b.rs": "use super::Y;\nmod c;\n",
        "src/a/b/c.rs": "use super::super::Y;\n",
        "src/odd.rs": "",
    }
    assert edges(files) == {
        "src/main.rs": {"src/a.rs"},
        "src/a.rs": {"src/a/b.rs", "src/a/b/c.rs", "src/odd.rs"},
        "src/a/b.rs": {"src/a.rs", "src/a/b/c.rs"},
        "src/a/b/c.rs": {"src/a.rs"},
    }


def test_crates_of_one_repository_find_each_other_by_name(edges) -> None:
    files = {
        "crates/core/Cargo.toml": '[package]\nname = "ledger-core"\n',
        "crates/core/src/lib.rs": "",
        "crates/core/src/io.rs": "",
        "crates/by-folder/src/lib.rs": "",
        "crates/cli/Cargo.toml": "not toml [",
        "crates/cli/src/main.rs": "use ledger_core::io::Read;\nuse ledger_core::Ledger;\nuse by_folder::X;\nuse serde::Serialize;\n",
    }
    assert edges(files) == {
        "crates/cli/src/main.rs": {
            "crates/core/src/io.rs",
            "crates/core/src/lib.rs",
            "crates/by-folder/src/lib.rs",
        }
    }


def test_tests_and_programs_are_crates_of_their_own(edges) -> None:
    files = {
        **CRATE,
        "Cargo.toml": '[package]\nname = "ledger"\n',
        "tests/it.rs": "mod common;\nmod deep;\nuse ledger::split::Rule;\n",
        "tests/common/mod.rs": "use crate::deep::X;\n",
        "tests/deep.rs": "use super::common;\nuse crate::common::Y;\n",
        "src/bin/tool.rs": "use ledger::money;\nuse crate::money;\n",
    }
    found = edges(files)
    assert found["tests/it.rs"] == {"tests/common/mod.rs", "tests/deep.rs", "src/split/mod.rs"}
    assert found["tests/common/mod.rs"] == {"tests/deep.rs"}
    assert found["tests/deep.rs"] == {"tests/common/mod.rs"}
    assert found["src/bin/tool.rs"] == {"src/money.rs"} or found["src/bin/tool.rs"] == {
        "src/money.rs",
        "src/bin/tool.rs",
    }
