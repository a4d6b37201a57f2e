import pytest
from cooldown_connectors.http.addresses import checked_address, origin


@pytest.mark.parametrize(
    "url",
    [
        "https://git.acme.example",
        "https://git.acme.example/",
        "https://git.acme.example:8443/gitlab",
        "https://[2001:db8::1]/",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ],
)
def test_addresses_that_may_be_asked(url):
    assert checked_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://git.acme.example",
        "http://127.0.0.1.s3cr3t.example",
        "https://user:s3cr3t@git.acme.example",
        "https://s3cr3t@git.acme.example",
        "https://git.acme.example?token=s3cr3t",
        "https://git.acme.example/#s3cr3t",
        "https://git.acme.example/#",
        "https://git.acme.example:s3cr3t",
        "https://git.acme.example:99999",
        "https:///s3cr3t",
        "https://",
        "ftp://s3cr3t",
        "git.acme.example/s3cr3t",
        "https://git.acme.example/a s3cr3t",
        "https://git.acme.example\\@s3cr3t",
        "https://[s3cr3t",
        "file:///etc/s3cr3t",
        "https://" + "s3cr3t" * 20_000,
    ],
)
def test_others_are_refused_without_repeating_them(url):
    with pytest.raises(ValueError) as caught:
        checked_address(url)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None or caught.value.__suppress_context__


def test_an_origin_is_scheme_host_and_port():
    assert origin("https://Git.Acme.example/a") == origin("https://git.acme.example:443/b")
    assert origin("https://git.acme.example") != origin("https://git.acme.example:8443")
    assert str(origin("https://git.acme.example:443/b")) == "https://git.acme.example"
    assert str(origin("http://[::1]:3000/")) == "http://[::1]:3000"
