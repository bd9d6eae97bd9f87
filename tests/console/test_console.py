"""The console in a real browser: every tab, live, with faults, tasks, tries, themes and a narrow screen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from pixpact.mockserver.background import background

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.sweep]

NPM = Path(__file__).parent / "npm"
TABS = ["Traffic", "Tasks", "Faults", "Money", "Contract", "Vendors"]
ROW = "[role=option]"
SERIOUS = ("serious", "critical")
VENDORS = ["apimart", "apiyi", "fasttoken", "toapis"]
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_tab_is_accessible_and_fits(console, send, npm_project, width, theme):
    """axe-core finds nothing serious, and nothing is wider than the screen."""
    send(n=2)
    opened = console(width=width, theme=theme)
    page = opened.open()
    axe = npm_project(NPM) / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text())
    for tab in TABS:
        page.get_by_role("navigation", name="Console").get_by_role("link", name=re.compile(f"^{tab}")).click()
        expect(page).to_have_title(f"{tab} · Pixpact console")
        page.locator("main .panel, main [role=option]").first.wait_for()
        violations = page.evaluate("axe.run()")["violations"]
        serious = [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in violations if rule["impact"] in SERIOUS]

        assert (tab, []) == (tab, serious)
        assert (tab, False) == (tab, opened.overflows())


def test_exchanges_appear_as_they_happen(console, send):
    """Without reloading; one opened shows request, response and how to send it again, and never the key."""
    page = console().open()
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    send(prompt="A paper boat", key="sk-secret-of-mine")
    row = page.locator(ROW, has_text="A paper boat")
    row.click()
    opened = page.get_by_role("dialog")
    expect(opened.get_by_role("region", name="Request body")).to_contain_text('"prompt": "A paper boat"')
    expect(opened.get_by_role("region", name="To paste")).to_contain_text("curl 'http://127.0.0.1:")
    opened.get_by_role("button", name="Python").click()
    expect(opened.get_by_role("region", name="To paste")).to_contain_text("import httpx")

    assert "sk-secret-of-mine" not in page.content()


def test_the_stream_is_resumed_where_it_broke_off(console, send, pixpact_mock):
    """What happened meanwhile is shown once, and what was there is not shown twice."""
    page = console().open()
    send(prompt="Before")
    expect(page.locator(ROW)).to_have_count(1)
    connections = pixpact_mock._server._server._server.server_state.connections
    background().call(lambda: [connection.transport.abort() for connection in list(connections)])
    send(prompt="Meanwhile")
    expect(page.locator(ROW, has_text="Meanwhile")).to_be_visible()

    assert 2 == page.locator(ROW).count()


def test_filters_narrow_the_list(console, send):
    """By words, by status and by vendor."""
    send(prompt="A lighthouse")
    send(prompt="A teapot", n=99)
    send("apiyi", prompt="A lighthouse")
    page = console().open()
    rows = page.locator(ROW)
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="4xx").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_label("Search").fill("lighthouse")
    expect(rows).to_have_count(2)
    page.get_by_label("Vendor").select_option("apiyi")
    expect(rows).to_have_count(1)


def test_a_refused_request_shows_the_rule_and_its_line(console, send):
    """The violation with the line of the spec, and the field that nobody reads."""
    send(n=99, siez="1:1")
    page = console().open()
    page.locator(ROW).click()
    opened = page.get_by_role("dialog")

    expect(opened.get_by_text(re.compile(r"toapis\.yaml, line \d+")).first).to_be_visible()
    expect(opened.get_by_text("Not read by the vendor: siez.")).to_be_visible()


def test_what_a_client_sent_is_only_ever_text(console, send):
    """Markup in a prompt is shown as it was typed, in every view, and runs nowhere."""
    send(prompt=HOSTILE)
    send(prompt=HOSTILE)
    page = console().open()
    for place in ("traffic/1", "tasks", "money", "traffic"):
        page.goto(page.url.partition("#")[0] + f"#/{place}")
        expect(page.get_by_text("<script>").first).to_be_visible()

    assert 0 == page.locator("main img[src=x], main script").count()
    assert "broken" not in page.title()


def test_a_fault_is_switched_on_seen_by_a_client_and_switched_off(console, send):
    """It stands at the top while it is on."""
    page = console().open("faults")
    page.get_by_label("Fault", exact=True).select_option("server-error")
    page.get_by_label("Vendor", exact=True).select_option("toapis")
    page.get_by_label("How often").select_option("always")
    page.get_by_role("button", name="Switch on").click()
    strip = page.get_by_role("region", name="Active faults", exact=True)
    expect(strip).to_contain_text("server-error · toapis")
    assert (500, 200) == (send()[0], send("apiyi")[0])
    strip.get_by_role("button", name="Switch server-error off").click()
    expect(strip).to_have_count(0)

    assert 200 == send()[0]


def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(console):
    """In the mock's own words."""
    page = console().open("faults")
    page.get_by_label("Fault", exact=True).select_option("rate-limited")
    page.get_by_text("More").click()
    page.get_by_label("Status value").fill("archived")
    page.get_by_role("button", name="Switch on").click()

    expect(page.get_by_text(re.compile("status does not apply to 'rate-limited'"))).to_be_visible()


@pytest.mark.pixpact("toapis", pace="manual")
def test_a_task_is_pushed_through_its_states(console, send, pixpact_mock):
    """To the next state, to its end; then its links expire. Images and charges follow."""
    task = send(n=2)[1]["id"]
    page = console().open("tasks")
    page.get_by_role("link", name=f"Open task {task}").click()
    opened = page.get_by_role("dialog")
    opened.get_by_label(re.compile("Stay there")).check()
    opened.get_by_role("button", name="in_progress").click()
    expect(opened.locator("header")).to_contain_text("in_progress")
    pixpact_mock.clock.advance("2h")
    expect(opened.locator("header")).to_contain_text("in_progress")
    opened.get_by_role("button", name="completed").click()
    expect(opened.locator("header")).to_contain_text("completed")
    expect(opened.get_by_role("img", name=re.compile("Image . of 2 images"))).to_have_count(2)
    opened.get_by_role("button", name="Let its links expire now").click()
    expect(opened.get_by_role("button", name="Links have expired")).to_be_disabled()

    assert ["reserve", "capture"] == [charge.intent for charge in pixpact_mock.charges]


@pytest.mark.pixpact("toapis", pace="manual")
def test_the_clock_is_advanced_for_all(console, send, pixpact_mock):
    """The mock's time is in sight, and the task comes to its end by it."""
    send()
    page = console().open("tasks")
    before = pixpact_mock.clock.now()
    expect(page.locator(".clock time")).to_have_text("00:00:00")
    page.get_by_role("button", name="+1m").click()
    expect(page.locator(".clock time")).to_have_text("00:01:00")
    expect(page.locator(".card")).to_contain_text("completed")

    assert 60 == pixpact_mock.clock.now() - before


def test_a_request_that_is_paid_twice_stands_out(console, send):
    """The same body of the same key; another key's does not count."""
    for key in ("sk-a", "sk-a", "sk-b"):
        send(key=key)
    page = console().open("money")

    expect(page.get_by_text("The same request was paid for twice.")).to_be_visible()
    expect(page.locator("tr.twice")).to_have_count(4)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_request_is_tried_from_its_contract(console, pixpact_mock, vendor):
    """The form of the schema sends a real request, which the contract takes, and its image is shown."""
    contract = json.loads(_read(f"{pixpact_mock.base_url}/_pixpact/contracts/{vendor}"))
    started = next(operation["id"] for operation in contract["operations"] if operation["does"] in ("start", "run"))
    page = console().open(f"contract/{vendor}/{started}")
    page.get_by_label("prompt *").fill("A paper boat on a lake")
    page.get_by_role("button", name="Send").click()
    outcome = page.get_by_role("region", name="Response", exact=True)
    expect(outcome.locator(".badge").first).to_have_text("200")
    image = outcome.get_by_role("img", name=re.compile("Image 1 of")).first
    expect(image).to_be_visible()
    image.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth > 500", arg=image.element_handle())

    assert "A paper boat on a lake" == pixpact_mock.tasks[0].body["prompt"]


def test_the_theme_is_chosen_and_kept(console):
    """Whatever the system's is."""
    page = console(theme="light").open()
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark theme").click()
    dark = page.evaluate(colour)
    page.reload()
    page.get_by_role("button", name="Light theme").wait_for()

    assert light != dark == page.evaluate(colour)


def test_everything_is_reached_by_keyboard(console, send):
    """Arrows walk the list, Escape closes what is open."""
    for number in range(30):
        send(prompt=f"Number {number}", n=99)
    page = console().open()
    page.get_by_role("listbox").focus()
    for number in (29, 28):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("region", name="Request body")).to_contain_text(f"Number {number}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")

    expect(page.locator(ROW, has_text=re.compile(r"Number 0\D"))).to_be_visible()


def test_a_long_list_is_windowed(console, send, pixpact_mock):
    """However many exchanges there are, only those in sight are in the page."""
    page = console().open()
    page.evaluate(
        """async () => {
          const live = await import("/_pixpact/console/live.js");
          for (let number = 1; number <= 2000; number++) {
            const note = {vendor: "toapis", operation: "createImage"};
            const row = {number, started: number, method: "POST", path: "/", status: 200, duration: 0, note, text: ""};
            live.live.rows.set(number, row);
          }
          live.live.changes += 1;
          live.say("filled");
        }"""
    )
    expect(page.get_by_text("2000 exchanges")).to_be_visible()

    assert 10 < page.locator(ROW).count() < 60


def _read(url):
    with urlopen(url, timeout=20) as response:
        return response.read()
