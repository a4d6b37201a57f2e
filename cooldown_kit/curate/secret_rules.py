r"""The table of credential formats that issuers document, and of the places where credentials without a format stand.

A rule's ``pattern`` (RE2) is matched *at* each occurrence of one of its ``keywords``, or from up to ``before`` bytes ahead of it; its first
group that took part is the secret. That keeps the work proportional to the number of keywords in a text. Keywords are lower
case and found whatever the case of the text; patterns say themselves whether case matters. Patterns know that a text may be
escaped, as in a JSON string: quotes may follow backslashes, and ``\n`` may stand before a token.

``form`` describes an example (:mod:`cooldown_kit.curate.secret_examples`) and ``context`` the text it needs around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cooldown_kit.curate.secret_values import (
    assigned_password,
    assigned_secret,
    bare_password,
    basic_credentials,
    encoded_private_key,
    literal,
    random_looking,
    varied,
)

VERSION = 2
"""Raised whenever the same records would be cleaned differently."""


@dataclass(frozen=True)
class Rule:
    """One kind of credential. ``word`` asks that the keyword begins a word; ``accept(secret, text before it)`` has the last say."""

    id: str
    keywords: tuple[str, ...]
    pattern: str
    form: str
    context: str = "{}"
    word: bool = False
    before: int = 0
    accept: Callable[[str, str], bool] | None = None


_TO = r"""[\w.-]{0,30}\\*["'`]?\]?\s{0,4}(?::=|=>|={1,3}|:|,)\s{0,4}\\*["'`]?"""
"""From a keyword to its value in any language: ``_key"] = "``, ``: '``, ``=``."""
_HEX32 = r"([0-9a-f]{32})\b"
_UUID = "[hex:8]-[hex:4]-[hex:4]-[hex:4]-[hex:12]"

CLOUD = (
    Rule("aws-access-key-id", ("akia", "asia", "abia", "acca"), r"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})(?:[^A-Z0-9]|$)", "AKIA[base32:16]", word=True),
    Rule(
        "aws-secret-access-key", ("secret_access_key", "secretaccesskey", "secret-access-key", "secret access key", "aws_secret", "secretkey", "secret_key"),
        rf"(?i)(?:secret[ _-]?access[ _-]?key|aws_secret\w{{0,20}}|secret_?key){_TO}([A-Za-z0-9/+]{{40}})(?:[^A-Za-z0-9/+=]|$)",
        "[base64:40]", "aws_secret_access_key = {}", accept=varied,
    ),
    Rule("aws-session-token", ("session_token", "sessiontoken", "security-token"), rf"(?i)(?:session_?token|security-token){_TO}([A-Za-z0-9/+=]{{100,}})", "[base64:320]==", 'AWS_SESSION_TOKEN="{}"'),
    Rule("aws-bedrock-api-key", ("absk",), r"(ABSK[A-Za-z0-9+/]{100,}={0,2})", "ABSK[base64:128]", word=True),
    Rule("aws-mws-token", ("amzn.mws.",), r"(amzn\.mws\.[0-9a-f-]{36})", f"amzn.mws.{_UUID}"),
    Rule("google-api-key", ("aiza",), r"(AIza[\w-]{35})", "AIza[base64url:35]", word=True),
    Rule("google-oauth-client-secret", ("gocspx-",), r"(GOCSPX-[\w-]{28})", "GOCSPX-[base64url:28]"),
    Rule("google-oauth-access-token", ("ya29.",), r"(ya29\.[\w-]{20,})", "ya29.[base64url:120]"),
    Rule("google-refresh-token", ("1//0",), r"(1//0[\w-]{40,})", "1//0[base64url:60]", word=True),
    Rule("gcp-private-key-id", ("private_key_id",), rf"private_key_id{_TO}([0-9a-f]{{40}})", "[hex:40]", '"private_key_id": "{}"'),
    Rule("azure-storage-key", ("accountkey=",), r"(?i)accountkey=([A-Za-z0-9+/]{86}==)", "[base64:86]==", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core.windows.net"),
    Rule("azure-shared-access-key", ("sharedaccesskey=",), r"(?i)sharedaccesskey=([A-Za-z0-9+/]{43}=)", "[base64:43]=", "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey={}"),
    Rule("azure-sas-signature", ("sig=",), r"sig=([A-Za-z0-9%+/]{43,64}(?:%3[Dd]|=))", "[alnum:43]%3D", "https://a.blob.core.windows.net/c?sv=2024-11-04&sp=r&sig={}"),
    Rule("azure-client-secret", ("q~",), r"([A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})", "[alnum:3]8Q~[alnum:34]", before=4),
    Rule("azure-devops-token", ("azdo",), r"([A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})", "[alnum:76]AZDO[alnum:4]", before=76),
    Rule("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), r"(do[opr]_v1_[0-9a-f]{64})", "dop_v1_[hex:64]"),
    Rule("alibaba-access-key-id", ("ltai",), r"(LTAI[A-Za-z0-9]{17,22})\b", "LTAI[alnum:20]", word=True, accept=varied),
    Rule("cloudflare-origin-ca-key", ("v1.0-",), r"(v1\.0-[0-9a-f]{24}-[0-9a-f]{146})", "v1.0-[hex:24]-[hex:146]"),
    Rule("cloudflare-api-token", ("cloudflare", "cf_api"), rf"(?i)(?:cloudflare|cf_api){_TO}([A-Za-z0-9_-]{{40}})\b", "[alnum:40]", "CLOUDFLARE_API_TOKEN={}", accept=varied),
    Rule("fly-token", ("flyv1 ", "fm2_"), r"(?:FlyV1 )?(fm2_[A-Za-z0-9+/]{50,}={0,2})", "fm2_[base64:120]"),
    Rule("heroku-api-key", ("hrku-",), r"(HRKU-[\w-]{36,})", "HRKU-[base64url:60]"),
    Rule("supabase-token", ("sbp_",), r"(sbp_[0-9a-f]{40})", "sbp_[hex:40]", word=True),
    Rule("planetscale-token", ("pscale_",), r"(pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64})", "pscale_tkn_[base64url:43]"),
)  # fmt: skip

FORGES = (
    Rule("github-personal-access-token", ("ghp_",), r"(ghp_[A-Za-z0-9]{36,})", "ghp_[alnum:36]"),
    Rule("github-oauth-token", ("gho_",), r"(gho_[A-Za-z0-9]{36,})", "gho_[alnum:36]"),
    Rule("github-app-token", ("ghs_", "ghu_"), r"(gh[su]_[A-Za-z0-9]{36,})", "ghs_[alnum:36]"),
    Rule("github-refresh-token", ("ghr_",), r"(ghr_[A-Za-z0-9]{36,})", "ghr_[alnum:76]"),
    Rule("github-fine-grained-token", ("github_pat_",), r"(github_pat_\w{36,})", "github_pat_[alnum:22]_[alnum:59]"),
    Rule("gitlab-personal-access-token", ("glpat-",), r"(glpat-[\w.-]{20,})", "glpat-[base64url:20]"),
    Rule(
        "gitlab-token", ("gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glimt-", "glsoat-", "glagent-", "glffct-", "gloas-", "gr1348941"),
        r"((?:gl(?:dt|rt|ptt|cbt|ft|imt|soat|agent|ffct|oas)-[\w.-]{20,}|GR1348941[\w-]{20,}))", "glrt-[base64url:20]",
    ),
    Rule("bitbucket-app-password", ("atbb", "atctt3"), r"((?:ATBB|ATCTT3)[A-Za-z0-9_=-]{28,})", "ATBB[alnum:32]", word=True, accept=varied),
    Rule("atlassian-api-token", ("atatt3",), r"(ATATT3[A-Za-z0-9_=-]{60,})", "ATATT3[base64url:186]"),
    Rule("sourcegraph-token", ("sgp_",), r"(sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40})", "sgp_[hex:16]_[hex:40]", word=True),
    Rule("circleci-token", ("ccipat_", "cciprj_"), r"(cci(?:pat|prj)_[A-Za-z0-9]{22}_[0-9a-f]{40})", "ccipat_[alnum:22]_[hex:40]"),
    Rule("buildkite-token", ("bkua_",), r"(bkua_[0-9a-f]{40})", "bkua_[hex:40]"),
)  # fmt: skip

PACKAGES = (
    Rule("npm-access-token", ("npm_",), r"(npm_[A-Za-z0-9]{36})", "npm_[alnum:36]", accept=varied),
    Rule("npmrc-credential", ("_authtoken", "_password", "_auth"), r"""(?i)_(?:authtoken|password|auth)\s?=\s?\\*["']?([A-Za-z0-9+/=_.-]{8,})(?:[\s"'\\]|$)""", _UUID, "//registry.example.org/:_authToken={}", word=True, accept=varied),
    Rule("pypi-token", ("pypi-ageichlwas", "pypi-agenchlwas"), r"(pypi-A[A-Za-z0-9_-]{60,})", "pypi-AgEIcHlwaS5vcmc[base64url:120]"),
    Rule("rubygems-api-key", ("rubygems_",), r"(rubygems_[0-9a-f]{48})", "rubygems_[hex:48]"),
    Rule("crates-io-token", ("cio",), r"(cio[A-Za-z0-9]{32})\b", "cio[alnum:32]", word=True, accept=varied),
    Rule("nuget-api-key", ("oy2",), r"(oy2[a-z2-7]{43})\b", "oy2[lowerbase32:43]", word=True),
    Rule("clojars-token", ("clojars_",), r"(CLOJARS_[0-9a-f]{60})", "CLOJARS_[hex:60]"),
    Rule("artifactory-api-key", ("akcp",), r"(AKCp[A-Za-z0-9]{60,})", "AKCp[alnum:69]", word=True),
    Rule("docker-hub-token", ("dckr_pat_", "dckr_oat_"), r"(dckr_[po]at_[\w-]{27,})", "dckr_pat_[base64url:27]"),
    Rule("docker-config-auth", ('auth"', "auth\\"), r'auth\\*"\s{0,4}:\s{0,4}\\*"([A-Za-z0-9+/]{8,}={0,2})', "b64(user:[alnum:16])", '{"auths": {"https://index.docker.io/v1/": {"auth": "{}"}}}', accept=basic_credentials),
)  # fmt: skip

SERVICES = (
    Rule("slack-token", ("xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xoxc-", "xoxd-"), r"(xox[abceoprsd][-.][A-Za-z0-9%.-]{10,})", "xoxb-[digit:12]-[digit:13]-[alnum:24]"),
    Rule("slack-app-token", ("xapp-",), r"(xapp-[0-9]-[A-Z0-9]{8,}-[0-9]+-[a-z0-9]{32,})", "xapp-1-A[upperalnum:10]-[digit:13]-[hex:64]"),
    Rule("slack-webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{30,})", "T[upperalnum:8]/B[upperalnum:10]/[alnum:24]", "https://hooks.slack.com/services/{}"),
    Rule("teams-webhook", ("webhook.office.com/",), r"webhook\.office\.com/webhookb2/([A-Za-z0-9@-]{60,}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})", f"{_UUID}@{_UUID}/IncomingWebhook/[hex:32]/{_UUID}", "https://acme.webhook.office.com/webhookb2/{}"),
    Rule("discord-webhook", ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"), r"discord(?:app)?\.com/api/webhooks/([0-9]{17,20}/[\w-]{60,})", "[digit:18]/[base64url:68]", "https://discord.com/api/webhooks/{}"),
    Rule("discord-bot-token", ("discord", "bot_token", "bot token"), r"(?i)(?:discord|bot[ _]token)[\w \"'=:`\\.,-]{0,40}?([MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,38})", "M[alnum:23].[alnum:6].[alnum:27]", 'DISCORD_TOKEN = "{}"'),
    Rule("telegram-bot-token", (":aa",), r"([0-9]{8,10}:AA[\w-]{32,34})(?:[^\w-]|$)", "[digit:10]:AA[base64url:33]", before=10),
    Rule("stripe-key", ("sk_live_", "sk_test_", "rk_live_", "rk_test_"), r"([sr]k_(?:live|test)_[A-Za-z0-9]{16,})", "sk_live_[alnum:24]"),
    Rule("stripe-webhook-secret", ("whsec_",), r"(whsec_[A-Za-z0-9+/=]{32,})", "whsec_[alnum:32]"),
    Rule("square-token", ("sq0atp-", "sq0csp-", "eaaa"), r"(?:(sq0(?:atp|csp)-[\w-]{22,})|(EAAA[\w-]{60})(?:[^\w+/=-]|$))", "sq0atp-[base64url:22]"),
    Rule("paypal-braintree-token", ("access_token$production$", "access_token$sandbox$"), r"(access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32})", "access_token$production$[loweralnum:16]$[hex:32]"),
    Rule("shopify-token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})", "shpat_[hex:32]"),
    Rule("twilio-api-key", ("sk",), r"(SK[0-9a-f]{32})\b", "SK[hex:32]", word=True),
    Rule("twilio-auth-token", ("twilio",), rf"(?i)twilio[\w.-]{{0,30}}{_TO}{_HEX32}", "[hex:32]", 'TWILIO_AUTH_TOKEN="{}"'),
    Rule("sendgrid-api-key", ("sg.",), r"(SG\.[\w-]{16,32}\.[\w-]{16,64})", "SG.[base64url:22].[base64url:43]", word=True, accept=varied),
    Rule("mailgun-api-key", ("key-",), r"(key-[0-9a-f]{32})\b", "key-[hex:32]", word=True),
    Rule("mailchimp-api-key", ("-us",), r"([0-9a-f]{32}-us[0-9]{1,2})\b", "[hex:32]-us12", before=32),
    Rule("brevo-api-key", ("xkeysib-",), r"(xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16})", "xkeysib-[hex:64]-[alnum:16]"),
    Rule("new-relic-key", ("nrak-", "nrii-", "nrjs-", "nraa-"), r"(NR(?:AK|II|JS|AA)-[\w-]{19,48})", "NRAK-[upperalnum:27]"),
    Rule("datadog-key", ("datadog", "dd_api_key", "dd_app_key", "dd-api-key"), rf"(?i)(?:datadog|dd[_-]ap[ip][_-]key){_TO}([0-9a-f]{{32}}(?:[0-9a-f]{{8}})?)\b", "[hex:32]", "DD_API_KEY={}"),
    Rule("dynatrace-token", ("dt0c01.", "dt0s01.", "dt0s16."), r"(dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64})", "dt0c01.[base32:24].[base32:64]"),
    Rule("grafana-token", ("glsa_", "glc_"), r"(glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})", "glsa_[alnum:32]_[hex:8]"),
    Rule("sentry-token", ("sntrys_", "sntryu_"), r"(sntrys_eyJ[A-Za-z0-9+/=_-]{40,}|sntryu_[0-9a-f]{64})", "sntryu_[hex:64]"),
    Rule("linear-api-key", ("lin_api_", "lin_oauth_"), r"(lin_(?:api|oauth)_[A-Za-z0-9]{32,})", "lin_api_[alnum:40]"),
    Rule("notion-token", ("ntn_", "secret_"), r"(ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b", "ntn_[alnum:46]", accept=varied),
    Rule("airtable-token", ("pat",), r"(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})", "pat[alnum:14].[hex:64]", word=True),
    Rule("figma-token", ("figd_", "figo_"), r"(fig[do]_[\w-]{36,})", "figd_[base64url:40]"),
    Rule("postman-api-key", ("pmak-",), r"(PMAK-[0-9a-f]{24}-[0-9a-f]{34})", "PMAK-[hex:24]-[hex:34]"),
    Rule("mapbox-secret-token", ("sk.eyj",), r"(sk\.eyJ[\w-]{40,}\.[\w-]{20,})", "sk.eyJ[base64url:80].[base64url:22]"),
    Rule("facebook-access-token", ("eaa",), r"(EAA[A-Za-z0-9]{80,})(?:[^\w+/=-]|$)", "EAA[alnum:160]", word=True),
    Rule("okta-token", ("ssws ",), r"(?i)ssws (00[\w-]{40})", "00[base64url:40]", "Authorization: SSWS {}"),
)  # fmt: skip

MODELS_AND_INFRASTRUCTURE = (
    Rule("openai-api-key", ("sk-",), r"(sk-(?:(?:proj|svcacct|admin|None)-[\w-]{40,}|[A-Za-z0-9_-]{20,}T3BlbkFJ[\w-]{20,}|[A-Za-z0-9]{48}))", "sk-proj-[base64url:74]T3BlbkFJ[base64url:74]", word=True, accept=varied),
    Rule("anthropic-api-key", ("sk-ant-",), r"(sk-ant-[a-z]{3,8}[0-9]{2}-[\w-]{40,})", "sk-ant-api03-[base64url:93]AA"),
    Rule("openrouter-api-key", ("sk-or-v1-",), r"(sk-or-v1-[0-9a-f]{64})", "sk-or-v1-[hex:64]"),
    Rule("hugging-face-token", ("hf_", "api_org_"), r"((?:hf|api_org)_[A-Za-z0-9]{34,})", "hf_[alnum:34]", accept=varied),
    Rule("groq-api-key", ("gsk_",), r"(gsk_[A-Za-z0-9]{52})", "gsk_[alnum:52]"),
    Rule("replicate-token", ("r8_",), r"(r8_[A-Za-z0-9]{37})\b", "r8_[alnum:37]", word=True),
    Rule("perplexity-api-key", ("pplx-",), r"(pplx-[A-Za-z0-9]{40,})", "pplx-[alnum:48]"),
    Rule("xai-api-key", ("xai-",), r"(xai-[A-Za-z0-9]{70,})", "xai-[alnum:80]", word=True),
    Rule("wandb-api-key", ("wandb_api_key", "wandb_v1_"), rf"(?:(?i:wandb_api_key){_TO}([0-9a-f]{{40}})\b|(wandb_v1_\w{{40,}}))", "[hex:40]", "WANDB_API_KEY={}"),
    Rule("databricks-token", ("dapi",), r"(dapi[0-9a-f]{32}(?:-[0-9])?)", "dapi[hex:32]", word=True),
    Rule("vault-token", ("hvs.", "hvb.", "hvr."), r"(hv[sbr]\.[\w-]{24,})", "hvs.[base64url:90]"),
    Rule("terraform-cloud-token", (".atlasv1.",), r"([A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,})", "[alnum:14].atlasv1.[base64url:67]", before=14),
    Rule("pulumi-token", ("pul-",), r"(pul-[0-9a-f]{40})", "pul-[hex:40]", word=True),
    Rule("doppler-token", ("dp.",), r"(dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44})", "dp.pt.[alnum:43]", word=True),
    Rule("onepassword-service-token", ("ops_eyj",), r"(ops_eyJ[A-Za-z0-9+/=_-]{100,})", "ops_eyJ[base64:250]"),
    Rule("age-secret-key", ("age-secret-key-1",), r"(AGE-SECRET-KEY-1[0-9A-Z]{58})", "AGE-SECRET-KEY-1[bech32:58]"),
    Rule("json-web-token", ("eyj",), r"(ey[JK][A-Za-z0-9_-]{8,}\.ey[JK][A-Za-z0-9_-]{8,}\.[\w-]{16,})", 'eyJ[base64url:33].eyJ[base64url:80].[base64url:43]'),
    Rule("private-key", ("ls0tls1crudjtib",), r"(LS0tLS1CRUdJTiB[A-Za-z0-9+/]{60,}={0,2})", "b64(-----BEGIN PRIVATE KEY-----\n[base64:64]\n[base64:64]\n)", "key: {}", accept=encoded_private_key),
)  # fmt: skip

_QUOTED = r"""(?:"((?:\\.|[^"\\\n]){6,300})"|'((?:\\.|[^'\\\n]){6,300})'|`([^`\n]{6,300})`|\\+["']([^"'\\\n]{6,300})\\+["'])"""
_BARE = r"""([^\s"'`\\,;<>(){}\[\]$|][^\s"'`\\,;<>(){}\[\]|]{5,200})(?:[\s"'`\\,;<&]|$)"""
_NAME = r"""[\w-]{0,30}\\*["'`]?\]?"""
_TYPED = r"""(?:\s{0,2}:\s{0,2}(?:[&\w.]|\[\]){1,20})?"""


def _assignment(keyword: str) -> str:
    """From the keyword on: ``password: str = "…"``, ``"password": "…"``, ``password("…")``, ``PASSWORD=…``, ``"password", "…"``."""
    prefix = r"""(?:new \w{1,20}\()?[bruf@$L]{0,2}(?:""|''|\\"\\")?"""
    return (
        rf"(?i){keyword}(?:{_NAME}(?:(?:{_TYPED}\s{{0,8}}(?::=|=>|[!=]?={{1,3}}|:|->|value\s?=)\s{{0,4}}|\(){prefix}{_QUOTED}"
        rf"|[ \t]{{0,8}}[=:][ \t]{{0,8}}{_BARE})|\\*[\"'`]\s?,\s{{0,4}}{prefix}{_QUOTED})"
    )


_PASSWORD = r"(?:password|passwd|passphrase|passcode|pwd)"  # noqa: S105 - a pattern
_SECRET = r"(?:secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|master[_-]?key|credential)"  # noqa: S105
_GAP = r"(?:[ \t]|\r?\n[+-]?|\\n|\\t){1,8}"

PLACES = (
    Rule("url-password", ("://",), r"""://[^\s:@/"'`<>\\]{0,80}:([^\s/"'`<>\\]{1,200})@[\w\[.%{$-]""", "[alnum:14]", "postgresql://app:{}@db.internal:5432/app", accept=literal),
    Rule("url-token", ("://",), r"""://([A-Za-z0-9_.-]{20,200})(?::x-oauth-basic)?@[\w\[.-]""", "[alnum:30]", "https://{}@git.example.org/a.git", accept=random_looking),
    Rule("netrc-password", ("machine ", "machine\t"), rf"(?i)machine{_GAP}[^\s\\]{{1,200}}{_GAP}login{_GAP}[^\s\\]{{1,200}}{_GAP}(?:account{_GAP}[^\s\\]{{1,200}}{_GAP})?password{_GAP}([^\s\\\"']{{1,200}})", "[alnum:12]", "machine git.example.org login build password {}", accept=literal),
    Rule("authorization-basic", ("basic ", "basic\t"), r"(?i)basic\s{1,3}([A-Za-z0-9+/_-]{8,}={0,2})", "b64(build:[alnum:16])", "Authorization: Basic {}", accept=basic_credentials),
    Rule("authorization-bearer", ("bearer ",), r"(?i)bearer\s{1,3}([A-Za-z0-9._~+/-]{16,}={0,2})", "[alnum:40]", "Authorization: Bearer {}", accept=random_looking),
    Rule(
        "connection-string-password", ("password=", "pwd=", "password =", "pwd ="),
        r"""(?i)(?:=[^"'`\n;]{1,100};\s?(?:[\w ]{1,30}=[^;"'\n]{0,60};\s?){0,3}(?:password|pwd)\s?=\s?([^;"'`\s<>\\]{3,200})"""
        r"""|(?:password|pwd)\s?=\s?([^;"'`\s<>\\]{3,200})\s?;\s?(?:server|user|uid|database|host|port|data source|initial catalog)\w{0,8}\s?=)""",
        "[alnum:12]", "Server=db;Database=app;User Id=sa;Password={};", before=200, accept=literal,
    ),
    Rule(
        "properties-password", ("password", "passwd", "passphrase", "pwd"),
        r"""(?im)(?:^[ +-]?|["']|\\n)[\w.-]{0,60}(?:password|passwd|passphrase|pwd)[\w.-]{0,20}=([^\s"'`\\()$]{4,200})(?:\r?$|\\+[rn])""",
        "[alnum:12]", "spring.datasource.password={}", before=64, accept=bare_password,
    ),
    Rule("sql-password", ("identified by", "identified with"), r"""(?i)identified (?:with \w{1,40} )?by (?:password )?\\*['"]([^'"\n\\]{3,200})\\*['"]""", "[alnum:12]", "CREATE USER app IDENTIFIED BY '{}';", accept=literal),
    Rule("curl-credentials", ("curl ",), r"""curl\s[^\n]{0,300}?\s(?:-u|--user)[ =]?\\*["']?[^\s:"'\\$]{1,80}:([^\s"'\\]{3,200})""", "[alnum:14]", "curl -sS -u build:{} https://example.org/", accept=literal),
    Rule("command-line-password", ("--password ", "--token ", "--api-key ", "--secret ", "sshpass -p"), r"""(?:--(?:password|token|api-key|secret) |sshpass -p ?)\\*["']?([^\s"'\\]{6,200})""", "[alnum:14]", "mysqldump --user app --password {} db", accept=bare_password),
    Rule("xml-password", ("<password>", "<secret>", "<apikey>", "<token>", "<passphrase>"), r"(?i)<(?:password|secret|apikey|token|passphrase)>\s{0,8}([^<>\s]{4,300})\s{0,8}</", "[alnum:14]", "<server><password>{}</password></server>", accept=literal),
    Rule("password-hash", ("$2a$", "$2b$", "$2y$", "$5$", "$6$", "$1$", "$apr1$", "$argon2", "$y$"), r"(\$(?:2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:1|5|6|y|apr1)\$[./A-Za-z0-9=$]{20,}|argon2(?:id|i|d)\$[A-Za-z0-9+/=,$]{40,}))", "$2b$12$[alnum:53]"),
    Rule("generic-password", ("password", "passwd", "passphrase", "passcode", "pwd"), _assignment(_PASSWORD), "[alnum:12]7", 'password = "{}"', accept=assigned_password),
    Rule(
        "generic-secret", ("secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey", "access-key", "auth_key", "authkey", "private_key", "encryption_key", "signing_key", "master_key", "credential"),
        _assignment(_SECRET), "[alnum:32]", 'api_key: "{}"', accept=assigned_secret,
    ),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*CLOUD, *FORGES, *PACKAGES, *SERVICES, *MODELS_AND_INFRASTRUCTURE, *PLACES)
"""Most telling first: where findings overlap, the first rule of the table names the whole."""
