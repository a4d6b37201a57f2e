"""Java: imports of classes, members and packages, found by the path of the package."""

from __future__ import annotations

from cooldown_kit.render.imports.families import find_imports

MAIN = "ledger/src/main/java/org/acme/ledger"
TEST = "ledger/src/test/java/org/acme/ledger"


def test_every_form_of_import_is_read() -> None:
    source = """
        package org.acme;
        import java.util.List; // import a.Comment;
        import static org.acme.Money.CENT;
        import org.acme.split . * ;
        import static org.acme.Checks.*;
        class A { String s = "import a.Text;"; }
        """
    assert find_imports("Java", source).imports == (
        "java.util.List", "org.acme.Money.CENT", "org.acme.split.*", "org.acme.Checks.*",
    )  # fmt: skip


def test_classes_members_and_inner_classes_mean_the_file_of_the_outer_class(edges) -> None:
    files = {
        f"{MAIN}/Money.java": "",
        f"{MAIN}/Split.java": "",
        f"{TEST}/SplitTest.java": "import static org.acme.ledger.Money.CENT; import org.acme.ledger.Split.Builder.Step; import java.util.List;",
    }
    assert edges(files) == {f"{TEST}/SplitTest.java": {f"{MAIN}/Money.java", f"{MAIN}/Split.java"}}


def test_a_wildcard_means_the_package_without_its_tests(edges) -> None:
    files = {
        f"{MAIN}/io/Reader.java": "",
        f"{MAIN}/io/Writer.java": "",
        f"{MAIN}/io/notes.md": "",
        f"{TEST}/io/ReaderTest.java": "",
        f"{TEST}/AllTest.java": "import org.acme.ledger.io.*; import java.io.*;",
    }
    assert edges(files) == {f"{TEST}/AllTest.java": {f"{MAIN}/io/Reader.java", f"{MAIN}/io/Writer.java"}}


def test_a_static_wildcard_means_the_class(edges) -> None:
    assert edges({f"{MAIN}/Money.java": "", "A.java": "import static org.acme.ledger.Money.*;"}) == {
        "A.java": {f"{MAIN}/Money.java"}
    }


def test_of_two_copies_of_a_class_the_nearer_one_is_meant(edges) -> None:
    files = {
        "android/src/org/acme/Money.java": "",
        "jvm/src/org/acme/Money.java": "",
        "android/tests/org/acme/MoneyTest.java": "import org.acme.Money;",
        "docs/Example.java": "import org.acme.Money;",
    }
    assert edges(files) == {"android/tests/org/acme/MoneyTest.java": {"android/src/org/acme/Money.java"}}
