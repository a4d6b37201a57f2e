import pytest
from cooldown_connectors.credentials.tokens import token_of

from cooldown_kit.errors import InputError

SECRET = "s3cr3t-of-the-command-line"

GH = f"""
github.com:
    users:
        ada:
            oauth_token: {SECRET}-ada
        bob:
            oauth_token: {SECRET}-bob
    git_protocol: https
    oauth_token: {SECRET}-ada
    user: ada
git.acme.example:
    users:
        ada:
            oauth_token: {SECRET}-acme
    user: ada
    git_protocol: ssh
keyring.example:
    users:
        ada:
    user: ada
"""
GLAB = f"""
git_protocol: ssh
check_update: true
hosts:
    gitlab.com:
        token: !!null {SECRET}
        api_protocol: https
    gitlab.acme.example:8443:
        token: {SECRET}-acme
    keyring.example:
        use_keyring: "true"
        token:
"""


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in ("GH_CONFIG_DIR", "GLAB_CONFIG_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def written(path, text, mode=0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def token(reference, address, folder):
    return token_of(reference, folder=folder, address=address).value()


def test_the_token_of_the_forges_host_is_taken_from_gh(home):
    written(home / ".config/gh/hosts.yml", GH)
    assert token("gh", "https://github.com", home) == f"{SECRET}-ada"
    assert token("gh", "https://github.com/acme/payments.git", home) == f"{SECRET}-ada"
    assert token("gh", "https://git.acme.example", home) == f"{SECRET}-acme"
    assert token("gh:git.acme.example", "https://github.com", home) == f"{SECRET}-acme"


def test_the_token_of_the_forges_host_is_taken_from_glab_though_tagged_as_null(home):
    written(home / ".config/glab-cli/config.yml", GLAB)
    assert token("glab", "https://gitlab.com", home) == SECRET
    assert token("glab", "https://gitlab.acme.example:8443", home) == f"{SECRET}-acme"
    assert token("glab:gitlab.acme.example:8443", "https://gitlab.com", home) == f"{SECRET}-acme"


@pytest.mark.parametrize(
    ("variable", "below"), [("GH_CONFIG_DIR", "hosts.yml"), ("XDG_CONFIG_HOME", "gh/hosts.yml")]
)
def test_configuration_is_where_the_environment_says(home, monkeypatch, variable, below):
    monkeypatch.setenv(variable, str(home / "elsewhere"))
    written(home / "elsewhere" / below, GH)
    assert token("gh", "https://github.com", home) == f"{SECRET}-ada"


def test_a_token_in_the_keyring_is_said_to_be_there_with_the_remedy(home):
    written(home / ".config/gh/hosts.yml", GH)
    written(home / ".config/glab-cli/config.yml", GLAB)
    for reference, remedy in (
        ("gh:keyring.example", "export GITHUB_TOKEN=$(gh auth token --hostname keyring.example)"),
        ("glab:keyring.example", "export GITLAB_TOKEN=$(glab config get token --host keyring.example)"),
    ):
        with pytest.raises(InputError, match="keyring") as caught:
            token(reference, "https://github.com", home)
        assert remedy in caught.value.remedy


def test_an_unknown_host_names_a_known_one(home):
    written(home / ".config/gh/hosts.yml", GH)
    with pytest.raises(InputError, match=r"no login for other\.example") as caught:
        token("gh", "https://other.example", home)
    assert "gh:git.acme.example" in caught.value.remedy


def test_without_configuration_the_remedy_is_to_log_in(home):
    for name in ("gh", "glab"):
        with pytest.raises(InputError, match="no configuration") as caught:
            token(name, "https://github.com", home)
        assert f"{name} auth login" in caught.value.remedy


@pytest.mark.parametrize("text", [f"a: [{SECRET}", f"{SECRET}", "- a\n- b", "", "github.com: [" + "[" * 5000])
def test_a_broken_configuration_is_said_without_showing_it(home, text):
    written(home / ".config/gh/hosts.yml", text)
    with pytest.raises(InputError) as caught:
        token("gh", "https://github.com", home)
    assert SECRET not in str(caught.value)


def test_a_configuration_that_others_can_read_is_refused(home):
    written(home / ".config/gh/hosts.yml", GH, 0o644)
    with pytest.raises(InputError, match="others can read"):
        token("gh", "https://github.com", home)
