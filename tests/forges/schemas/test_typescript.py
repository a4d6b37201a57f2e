"""Declarations that generators write are read as the schemas they came from."""

from __future__ import annotations

import pytest

from forge_testing.schemas.typescript import TypeReader, declared


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("string", {"type": "string"}),
        ("'open' | 'closed' | null", {"enum": ["open", "closed"]}),
        ("readonly Array<number>", {"type": "array", "items": {"type": "number"}}),
        (
            "(string | number)[]",
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}},
        ),
        ('components["schemas"]["X"]', {"$ref": "components/schemas/X"}),
        ("Git.PullRequest", {"$ref": "Git.PullRequest"}),
        ("Readonly<Record<string, unknown>>", {"type": "object"}),
        ("[string, number]", {"type": "array", "items": {}}),
        ("1 | 2", {"enum": [1, 2]}),
        ("true | false", {"enum": [True, False]}),
        (
            '{ /** a; comment */ readonly a?: Date; "b-c": boolean, [key: string]: unknown; // d: string\n }',
            {
                "type": "object",
                "properties": {"a": {"type": "string", "format": "date-time"}, "b-c": {"type": "boolean"}},
                "required": ["b-c"],
                "additionalProperties": True,
            },
        ),
    ],
)
def test_a_type_is_read(text, schema):
    assert TypeReader(text).read() == schema


def test_the_parameters_of_a_method_are_read():
    assert TypeReader("(id: string, top?: number): Promise<X>").parameters() == {
        "id": {"type": "string"},
        "top": {"type": "number", "optional": True},
    }


def test_what_a_method_gives_is_read_after_its_parameters():
    reader = TypeReader("(): Promise<Git.Commit[]>;")
    assert reader.parameters() == {}
    assert reader.answer() == {"type": "array", "items": {"$ref": "Git.Commit"}}


def test_an_interface_takes_over_what_it_extends():
    own = {"type": "object", "properties": {"x": {"enum": [1]}}, "required": ["x"]}
    assert declared("export interface A extends B, C.D { x: 1 }", "A") == {
        "allOf": [{"$ref": "B"}, {"$ref": "C.D"}, own]
    }
    assert TypeReader("B & { x: 1 }").read() == {"allOf": [{"$ref": "B"}, own]}


def test_a_declaration_is_found_by_its_name():
    text = "interface AB { x: 1 }\nexport interface A { y: string }\ntype B = A;\n"
    assert declared(text, "A")["properties"] == {"y": {"type": "string"}}
    assert declared(text, "B") == {"$ref": "A"}
    with pytest.raises(KeyError, match="no type C"):
        declared(text, "C")
