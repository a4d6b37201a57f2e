from __future__ import annotations

import pytest
from cooldown_connectors.git.identity import identity_of_folder, identity_of_url


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("https://github.com/acme/payments.git", "github.com/acme/payments"),
        ("https://GitHub.com/Acme/Payments/", "github.com/Acme/Payments"),
        ("https://user:s3cr3t@github.com/acme/payments.git", "github.com/acme/payments"),
        ("https://s3cr3t@host:8443/a//b.git", "host:8443/a/b"),
        ("https://user:s3/cr3t@host/a", "host/a"),
        ("https://host:443/a?private_token=s3cr3t#s3cr3t", "host/a"),
        ("ssh://git@host:22/a/b.git", "host/a/b"),
        ("git@github.com:acme/payments.git", "github.com/acme/payments"),
        ("user:s3cr3t@host:a/b", None),
        ("file:///srv/git/payments.git", "payments"),
        ("/srv/git/payments.git/", "payments"),
        ("../payments", "payments"),
        ("https://", None),
        ("https://[bad/a", None),
    ],
)
def test_identity_is_host_and_path_without_credentials(url, identity):
    found = identity_of_url(url)
    assert "s3cr3t" not in (found or "")
    if identity is not None or "s3cr3t" not in url:
        assert found == identity


def test_without_a_remote_the_folder_gives_the_name():
    assert identity_of_folder("/home/me/payments/.git") == "payments"
    assert identity_of_folder("/srv/payments.git") == "payments"
    assert identity_of_folder("/") == "repository"
