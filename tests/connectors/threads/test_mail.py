"""One mail: its text, its headers, and why it is not taken."""

from __future__ import annotations

import base64
import quopri
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from cooldown_connectors.threads import ThreadsOptions
from cooldown_connectors.threads.mail import Mail, NotTakenError, read_mail
from cooldown_connectors.threads.mail_headers import subject_key, title
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Person
from thread_sources.mails import POSTMARK, mail

OPTIONS = ThreadsOptions(connector="threads", path="x")


def read(data: bytes, postmark: bytes = POSTMARK, **options: object) -> Mail:
    return read_mail(data, postmark, ThreadsOptions(connector="threads", path="x", **options))


def reason(data: bytes, **options: object) -> str:
    with pytest.raises(NotTakenError) as caught:
        read(data, **options)
    return caught.value.reason


def parts(kind: str, *pieces: tuple[str, str], **headers: str) -> bytes:
    body = "".join(f"--b\nContent-Type: {name}\n\n{text}\n" for name, text in pieces) + "--b--\n"
    return mail(1, body, headers={"Content-Type": f'multipart/{kind}; boundary="b"', **headers})


PATCH = """Some words.

Signed-off-by: Ann <ann@acme.example>
---
 a.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/a.c b/a.c
index 1..2 100644
--- a/a.c
+++ b/a.c
@@ -1,2 +1,2 @@
 \tint x;\x20\x20
-\ty();
+\tz();
--\x20
2.20.1
"""


def test_a_patch_stays_whole() -> None:
    assert read(mail(1, PATCH)).text == PATCH.rstrip("\n")
    assert read(
        parts("mixed", ("text/plain", "See:\n"), ("text/x-patch; name=a.patch", PATCH))
    ).text == f"See:\n\n{PATCH}".rstrip("\n")
    attached = 'application/octet-stream; name="0001-x.patch"\nContent-Disposition: attachment; filename="0001-x.patch"'
    assert read(parts("mixed", ("text/plain", "See:"), (attached, PATCH))).text.endswith(PATCH.rstrip("\n"))


def test_plain_text_is_preferred_and_html_is_better_than_nothing() -> None:
    html = ("text/html", "<p>Say <code>x</code></p>")
    assert read(parts("alternative", html, ("text/plain", "Say x"))).text == "Say x"
    assert read(parts("alternative", ("text/plain", " "), html)).text == "Say `x`"
    assert read(mail(1, "<p>Say <b>x</b></p>", headers={"Content-Type": "text/html"})).text == "Say **x**"


def test_attachments_are_counted_and_not_taken() -> None:
    found = read(
        parts(
            "mixed",
            ("text/plain", "See"),
            ("image/png", "x"),
            ("image/png", "y"),
            ("text/plain\nContent-Disposition: attachment", "log"),
            ("message/rfc822", "A: b\n\nforwarded"),
        )
    )
    assert found.text == "See"
    assert found.attachments == {"image/png": 2, "text/plain": 1, "message/rfc822": 1}


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "utf-16", "koi8-r"])
@pytest.mark.parametrize("encode", ["base64", "quoted-printable", "8bit"])
def test_texts_of_all_encodings_are_read(charset: str, encode: str) -> None:
    text = "Привет\n" if charset == "koi8-r" else "Größe é\n"
    data = text.encode(charset)
    if encode == "8bit" and charset == "utf-16":
        encode = "base64"
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[encode](
        data
    )
    headers = {"Content-Type": f"text/plain; charset={charset}", "Content-Transfer-Encoding": encode}
    assert read(mail(1, body, headers=headers)).text == text.strip()


@pytest.mark.parametrize(
    "declared", ["", "us-ascii", "utf-8", "no-such-charset", "punycode", "hex", "x" * 5000]
)
def test_a_wrong_charset_is_not_believed(declared: str) -> None:
    headers = {"Content-Type": f"text/plain; charset={declared}"} if declared else {}
    assert read(mail(1, "Größe\n".encode("cp1252"), headers=headers)).text == "Größe"
    assert read(mail(1, "Größe\n".encode(), headers=headers)).text == "Größe"
    assert read(mail(1, "日本\n".encode("shift_jis"), headers=headers), encoding="shift_jis").text == "日本"


def test_bytes_that_are_no_text_are_named() -> None:
    assert reason(mail(1, b"\x81\x8d\x8f\n")) == "undecodable"
    assert reason(mail(1, b"a\0b\n")) == "binary"


@pytest.mark.parametrize(
    "data",
    [
        parts("encrypted", ("application/pgp-encrypted", "Version: 1"), ("application/octet-stream", "x")),
        mail(1, "eA==", headers={"Content-Type": "application/pkcs7-mime; smime-type=enveloped-data"}),
        mail(1, "-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n"),
    ],
)
def test_what_is_encrypted_says_so(data: bytes) -> None:
    assert reason(data) == "encrypted"


def test_signatures_are_no_text() -> None:
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nAnn\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
    assert read(mail(1, signed)).text == "Hello\n-- \nAnn"
    found = read(parts("signed", ("text/plain", "Hello"), ("application/pgp-signature", "iQ==")))
    assert (found.text, found.attachments) == ("Hello", {})


@pytest.mark.parametrize(
    ("value", "person"),
    [
        ("Ann Smith <ann@acme.example>", Person(name="Ann Smith", email="ann@acme.example")),
        ('"Smith, Ann" <ann@acme.example>', Person(name="Smith, Ann", email="ann@acme.example")),
        ("ann@acme.example (Ann Smith)", Person(name="Ann Smith", email="ann@acme.example")),
        ("ann at acme.example (Ann Smith)", Person(name="Ann Smith", email="ann@acme.example")),
        ("ann@acme.example", Person(name="", email="ann@acme.example")),
        ("=?utf-8?q?J=C3=BCrgen?= <j@acme.example>", Person(name="Jürgen", email="j@acme.example")),
        ("=?no-such?q?J=FCrgen?= <j@acme.example>", Person(name="Jürgen", email="j@acme.example")),
        ("Jürgen <j@acme.example>", Person(name="Jürgen", email="j@acme.example")),
        ("", None),
    ],
)
def test_people_are_found_in_every_form(value: str, person: Person | None) -> None:
    assert read(mail(1, headers={"From": value})).author == person


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("Fri, 1 Mar 2019 11:00:00 +0100", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("Fri, 1 Mar 2019 10:00:00 GMT", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("1 Mar 19 10:00", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("Fri, 1 Mar 2019 10:00:00 -0000", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("yesterday", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("Fri, 99 Mar 2019 10:00:00 GMT", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("Thu, 1 Jan 1970 00:00:00 GMT", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("Fri, 1 Mar 9999 23:00:00 -2300", datetime(2019, 3, 1, 10, tzinfo=UTC)),
        ("", datetime(2019, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_date_that_is_none_is_taken_from_the_postmark(value: str, time: datetime) -> None:
    assert read(mail(1, headers={"Date": value})).sent_at == time


def test_a_mail_without_any_date_is_named() -> None:
    with pytest.raises(NotTakenError) as caught:
        read(mail(1, headers={"Date": "yesterday"}), b"From ")
    assert caught.value.reason == "no_date"
    received = mail(1, headers={"Date": "yesterday", "Received": "from a by b; Fri, 1 Mar 2019 10:00:00 GMT"})
    assert read(received, b"From ").sent_at == datetime(2019, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "key", "reply", "shown"),
    [
        ("Re: [Python-Dev] Aw: RE[2]: Why?", "why?", True, "Why?"),
        ("[PATCH v2 1/3] Fix x", "[patch v2 1/3] fix x", False, "[PATCH v2 1/3] Fix x"),
        ("Re: [PATCH] Fix x", "[patch] fix x", True, "[PATCH] Fix x"),
        ("[other] news", "news", False, "[other] news"),
        ("Reply to all", "reply to all", False, "Reply to all"),
        ("Re:", "", True, ""),
        ("", "", False, ""),
    ],
)
def test_subjects_are_compared_without_signs_of_reply(
    subject: str, key: str, reply: bool, shown: str
) -> None:
    assert subject_key(subject) == (key, reply)
    assert title(subject, "python-dev.python.org") == shown


def test_a_mail_without_an_id_gets_one_from_what_it_holds() -> None:
    one, same, other = (
        read(mail(n, "x\n", headers={"Message-ID": "", "Date": "Fri, 1 Mar 2019 10:00:00 GMT", "Subject": s}))
        for n, s in ((1, "a"), (2, "a"), (3, "b"))
    )
    assert one.id == same.id != other.id


def test_only_so_many_references_count() -> None:
    many = [f"<{n}@acme.example>" for n in range(100_000)]
    found = read(mail(1, headers={"References": " ".join(many), "In-Reply-To": "<99999@acme.example>"}))
    assert len(found.references) <= 103
    assert found.references[0] == "99999@acme.example"
    assert "0@acme.example" in found.references


@pytest.mark.parametrize(
    "name",
    ["Subject", "From", "Message-ID", "References", "Content-Type", "X-Spam", "Date", "List-Id", "Received"],
)
def test_a_header_of_ten_megabytes_costs_no_mail(name: str) -> None:
    found = read(mail(1, headers={name: "x" * (10 << 20)}))
    assert found.text == "Text 1"
    assert len(found.subject) <= 4096
    assert len(found.id) <= 300


@pytest.mark.parametrize(
    "data",
    [
        b"no headers at all",
        b"\n\nonly a body\n",
        mail(
            1,
            "\n".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n" for n in range(400)),
            headers={"Content-Type": "multipart/mixed; boundary=b0"},
        ),
        mail(
            1,
            "--b\nContent-Type: multipart/mixed; boundary=x\n\n" * 3000,
            headers={"Content-Type": "multipart/mixed; boundary=b"},
        ),
    ],
)
def test_mails_that_are_built_to_hurt_are_named(data: bytes) -> None:
    assert reason(data) in ("bad_mail", "no_text")


def test_a_text_that_is_too_large_is_named() -> None:
    assert reason(mail(1, "x" * 2000), max_text_size=1000) == "too_large"


PIECES = st.lists(
    st.sampled_from(
        [b"From: ", b"Date: ", b"Subject: ", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html; charset=", b"utf-7", b"base64", b"Content-Transfer-Encoding: ",
         b"--b", b"--b--", b"\n", b"\n\n", b" ", b"\0", b"\xff", b"=?utf-8?q?", b"?=", b"<a@b>", b"x", b"uuencode", b"begin 644 a\n", b"name*0*=''", b"Content-Disposition: attachment; filename*="]
    ),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(PIECES | st.binary(max_size=200))
def test_any_bytes_are_a_mail_or_have_a_reason(data: bytes) -> None:
    try:
        found = read_mail(data, POSTMARK, OPTIONS)
    except NotTakenError as error:
        assert error.reason.isidentifier()
        return
    (found.text + found.subject + found.id + (found.author.name if found.author else "")).encode()
    assert found.sent_at.tzinfo is UTC


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80
).filter(lambda text: text.strip())


@given(TEXTS, st.sampled_from(["utf-8", "utf-7", "gb18030"]), st.sampled_from(["base64", "quoted-printable"]))
def test_what_a_mail_program_writes_comes_back(text: str, charset: str, encoding: str) -> None:
    message = EmailMessage()
    message["Date"] = "Fri, 1 Mar 2019 10:00:00 GMT"
    message["From"] = "Ann <ann@acme.example>"
    message.set_content(text, charset=charset, cte=encoding)
    assert read_mail(message.as_bytes(), POSTMARK, OPTIONS).text.split() == text.split()
