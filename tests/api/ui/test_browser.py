"""The dashboard in a real Chromium: live, without a reload, a violation of its policy or a request beyond this machine."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from cooldown_api.auth.keys import create_key
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.page import HEADERS

from demo_jobs import STEPS, add_job, fill_demo, prepare
from live_server import LiveServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed: `make chromium` as root installs Debian's"
    ),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""

CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *:not(option, script, svg *)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".hidden, .skip, .plot")) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)} ${element.textContent.trim().slice(0, 30)}`);
  }
  return bad;
}"""


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def serve(make_settings):
    servers = []

    def start(**more):
        servers.append(LiveServer(make_settings(**more)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Seen:
    """A page, and everything that it complained of or asked for."""

    def __init__(self, chromium, server, **more):
        self.server = server
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900}, **more)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.complaints, self.strangers = [], []
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)

    def _request(self, request):
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.strangers.append(request.url)

    def go(self, path):
        self.page.goto(self.server.url + path)
        return self.page

    def close(self, *, away=False):
        """``away``: the server was not there for a while, and the browser said so."""
        complaints = [text for text in self.complaints if not (away and "net::ERR_" in text)]
        assert self.page.evaluate("window.violations") == []
        assert complaints == [] and self.strangers == []
        self.context.close()


def wait_for_text(page, selector, text):
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.textContent.includes(text)",
        arg=[selector, text],
        timeout=20_000,
    )


def wait_for_step(page, step):
    page.wait_for_function(
        "step => document.getElementById('job').dataset.drawn === String(step)", arg=step, timeout=30_000
    )


def test_a_job_is_watched_from_the_queue_to_its_end_over_a_restart_of_the_server(chromium, serve):
    server = serve(auth="required")
    with server.service.database.write(ALL_PROJECTS) as session:
        now = server.service.database.now(session)
        key = create_key(session, project="default", name="k", role="admin", created_by="t", now=now).secret
    job = add_job(server.service.database, "watched", ago=timedelta(minutes=1))
    seen = Seen(chromium, server)
    page = seen.go(f"/jobs/{job.id}")
    page.fill("#key", key)
    page.click("main button")
    wait_for_text(page, "#head", "Queued")
    page.wait_for_selector("#connection[data-state=live]")
    assert "Why it waits" in page.text_content("#waiting")
    page.evaluate("window.same = true")

    job.attempt(1)
    job.state("running", "started", started_at=job.clock)
    wait_for_text(page, "#head", "Running")
    wait_for_text(page, "#said", "running")
    prepare(job, minutes=0)
    job.steps(1, 40)
    job.log("step 40 is <b>done</b>")
    wait_for_step(page, 40)
    wait_for_text(page, "#lines", "step 40 is <b>done</b>")
    wait_for_text(page, "#tiles", f"step 40 of {STEPS}")
    wait_for_text(page, "#mixture", "payments.commits")
    wait_for_text(page, "#attempts", "Attempt 1")
    loss = "document.querySelector('[data-plot=loss]').data[0].y.length"
    assert page.evaluate(loss) == 40
    assert page.evaluate("document.querySelectorAll('[data-plot=sources] .trace').length") == 3
    assert page.evaluate("document.querySelector('[data-plot=learning_rate]').layout.shapes.length") == 1

    server.stop()
    page.wait_for_selector("#connection[data-state=away]")
    server.start()
    later = type(job)(server.service.database, job.id)
    later.steps(41, 80)
    later.log("step 80 is done")
    wait_for_step(page, 80)
    wait_for_text(page, "#lines", "step 80 is done")
    page.wait_for_selector("#connection[data-state=live]")
    assert page.evaluate(loss) == 80
    lines = page.evaluate("[...document.querySelectorAll('#lines div')].map((line) => line.textContent)")
    assert [lines.count(text) for text in ("step 40 is <b>done</b>", "step 80 is done")] == [1, 1]

    later.steps(81, 90)
    later.state("succeeded", "finished", finished_at=later.clock)
    wait_for_text(page, "#head", "Succeeded")
    wait_for_text(page, "#actions", "Rerun")
    wait_for_step(page, 90)
    assert page.evaluate("window.same"), "the page was never loaded again"
    seen.close(away=True)


def test_the_list_follows_and_a_job_is_cancelled_with_the_keyboard(chromium, serve):
    server = serve()
    job = add_job(server.service.database, "listed", ago=timedelta(minutes=1))
    seen = Seen(chromium, server)
    page = seen.go("/jobs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    job.state("running", "started", attempt=1, started_at=job.clock)
    wait_for_text(page, f"#row-{job.id}", "Running")
    page.click(f"#row-{job.id} a")
    page.wait_for_selector("#connection[data-state=live]")
    page.focus("#actions button.danger")
    page.keyboard.press("Enter")
    page.wait_for_selector("#ask-cancel:popover-open")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_text(page, "#head", "Cancelling")
    seen.close()


def test_what_is_chosen_light_or_dark_stays_and_charts_follow(chromium, serve):
    server = serve()
    demo = fill_demo(server.service.database, server.service.artefacts)
    seen = Seen(chromium, server, color_scheme="light")
    page = seen.go(f"/jobs/{demo.running}")
    wait_for_step(page, 327)
    ink = "document.querySelector('[data-plot=loss]').layout.hoverlabel.font.color"
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ink), page.evaluate(paper)
    page.click("#theme")
    page.wait_for_function(f"{ink} !== {before[0]!r}")
    dark = page.evaluate(paper)
    assert dark != before[1]
    seen.go("/jobs")
    assert page.evaluate(paper) == dark and page.get_attribute("#theme", "aria-pressed") == "true"
    seen.close()


def test_pages_can_be_read_light_and_dark_wide_and_narrow(chromium, serve):
    server = serve()
    demo = fill_demo(server.service.database, server.service.artefacts)
    jobs = (demo.running, demo.succeeded, demo.failed, demo.queued, demo.plan)
    paths = ["/jobs", *(f"/jobs/{id}" for id in jobs), "/new", "/datasets", "/datasets/wiki", "/studies"]
    paths += [
        f"/studies/{demo.study}",
        "/machines",
        "/usage",
        "/keys",
        "/webhooks",
        "/audit",
        "/jobs/nothing",
    ]
    for scheme in ("light", "dark"):
        seen = Seen(chromium, server, color_scheme=scheme)
        for path in paths:
            page = seen.go(path)
            assert page.evaluate(CONTRAST) == [], (scheme, path)
            for width in (375, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        seen.complaints = [text for text in seen.complaints if "404" not in text]
        seen.close()


def test_the_report_is_shown_in_its_sandbox(chromium, serve):
    server = serve()
    demo = fill_demo(server.service.database, server.service.artefacts)
    seen = Seen(chromium, server)
    page = seen.go(f"/jobs/{demo.succeeded}")
    page.locator("iframe").scroll_into_view_if_needed()
    assert page.frame_locator("iframe").locator("h1").text_content() == "handbook-nightly"
    seen.close()


def test_without_scripts_everything_can_be_read(chromium, serve):
    server = serve()
    demo = fill_demo(server.service.database)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/jobs/{demo.running}")
    shown = page.locator("main").inner_text()
    assert "65%" in shown and "step 327/500" in shown and "payments.commits" in shown
    page.locator("summary", has_text="The numbers").click()
    assert page.locator("#training table").is_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    assert page.get_by_role("button", name="Cancel the job").is_visible()
    context.close()


def test_the_policy_holds_against_what_gets_into_a_page_all_the_same(chromium, serve):
    server = serve()
    seen = Seen(chromium, server)
    page = seen.go("/jobs")
    assert "Content-Security-Policy" in HEADERS
    page.evaluate(
        """() => {
          const place = document.querySelector("main");
          place.insertAdjacentHTML("beforeend", "<img src=/none onerror='window.broken = 1'><a id=bad href='javascript:window.broken=2'>x</a>");
          const script = document.createElement("script");
          script.textContent = "window.broken = 3";
          place.append(script);
          document.getElementById("bad").click();
        }"""
    )
    page.wait_for_function("window.violations.length >= 3")
    assert page.evaluate("window.broken") is None
    seen.context.close()
