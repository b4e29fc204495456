"""Looks at every page of a dashboard in a real browser: pictures of it, what axe-core finds, and whether it works.

Started by tools/check-dashboard, which makes the server and the data.
"""

import argparse
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

# Name, size of the window, colours. The phone's is that of the smallest that is common.
VIEWS = [
    ("desktop", {"width": 1280, "height": 900}, "light"),
    ("dark", {"width": 1280, "height": 900}, "dark"),
    ("phone", {"width": 375, "height": 812}, "light"),
]
# WCAG 2.2 A and AA, and what axe calls best practice. Of the last only what is serious counts.
GRAVE = {"serious", "critical"}


def pages(page, base):
    """Paths to look at: the sections, one source, and one story."""
    page.goto(base + "/")
    paths = page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
    page.goto(base + "/repositories")
    source = page.get_attribute("td.main a", "href")
    page.goto(base + source)
    file = page.get_attribute("#files ~ .scroll td.main a", "href")
    return [("overview" if path == "/" else path.strip("/"), path) for path in paths] + [
        ("repository", source), ("explain-file", file), ("events-filtered", "/events?kind=SyncCompleted"),
        ("nothing", "/repositories/999999999"),
    ]


def look(browser, base, cookie, name, size, colours, folder, found):
    context = browser.new_context(viewport=size, color_scheme=colours, reduced_motion="reduce")
    context.add_cookies([cookie])
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for title, path in pages(page, base):
        complaints.clear()
        answer = page.goto(base + path)
        page.wait_for_timeout(150)
        if title != "nothing" and answer.status != 200:
            found.append(f"{name} {path}: status {answer.status}")
        if title == "nothing":
            complaints = [text for text in complaints if "404" not in text]
        found.extend(f"{name} {path}: {text}" for text in complaints)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            found.append(f"{name} {path}: {wider} pixels wider than the window")
        for violation in Axe().run(page).response["violations"]:
            text = f"{name} {path}: axe: {violation['id']} ({violation['impact']}): {violation['help']}"
            nodes = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
            print(f"{text}: {nodes}")
            if violation["impact"] in GRAVE:
                found.append(text)
        if folder:
            page.screenshot(path=folder / f"{title}-{name}.png", full_page=False)
    context.close()


def keyboard(browser, base, cookie, found):
    """The first stop is the way to the content; each stop after it can be seen."""
    context = browser.new_context(viewport=VIEWS[0][1])
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(base + "/")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") != "skip":
        found.append("keyboard: the first stop is not the way to the content")
    page.keyboard.press("Enter")
    if page.evaluate("location.hash") != "#main":
        found.append("keyboard: the way to the content leads elsewhere")
    page.goto(base + "/repositories")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen = page.evaluate("(() => { const box = document.activeElement.getBoundingClientRect(); "
                             "return box.width > 0 && getComputedStyle(document.activeElement).outlineStyle; })()")
        if seen in (False, "none"):
            found.append("keyboard: a stop that cannot be seen: " + page.evaluate("document.activeElement.outerHTML"))
    context.close()


def without_scripts(browser, base, cookie, found):
    context = browser.new_context(viewport=VIEWS[0][1], java_script_enabled=False)
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(base + "/events")
    page.select_option("select[name=kind]", "SyncCompleted")
    page.click("form.filter button")
    kinds = set(page.locator("td[data-label=Kind]").all_inner_texts())
    if kinds != {"SyncCompleted"}:
        found.append(f"without scripts: the filter shows {kinds}")
    page.goto(base + "/repositories")
    page.click("td.main a >> nth=0")
    page.click("text=Sync now")
    if "/repositories/" not in page.url:
        found.append("without scripts: Sync now leads elsewhere")
    context.close()


def live(browser, base, cookie, found):
    """What happens appears by itself, as the page would show it."""
    context = browser.new_context(viewport=VIEWS[0][1])
    context.add_cookies([cookie])
    watching, acting = context.new_page(), context.new_page()
    watching.goto(base + "/events")
    watching.wait_for_selector("[data-live-note].on", timeout=5000)
    acting.goto(base + "/repositories")
    acting.click("td.main a >> nth=0")
    acting.click("text=Sync now")
    row = watching.wait_for_selector("tr.new td[data-label=What]:not(:empty)", timeout=15000)
    if not row.inner_text().strip():
        found.append("live: a row without what happened")
    context.close()


def sign_in(browser, link):
    """The session's cookie. The link works once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    cookies = [cookie for cookie in context.cookies() if cookie["name"] == "ingestor_session"]
    if not cookies:
        sys.exit(f"the link signs nobody in: {page.inner_text('body')[:200]}")
    second = browser.new_context()
    again = second.new_page()
    if again.goto(link).status != 401 or second.cookies():
        sys.exit("the link signs somebody in a second time")
    cookie = cookies[0]
    return {key: cookie[key] for key in ("name", "value", "domain", "path", "httpOnly", "sameSite")}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("link")
    arguments.add_argument("--browser", required=True)
    arguments.add_argument("--pictures", type=pathlib.Path)
    arguments = arguments.parse_args()
    base = arguments.link.split("/sign-in")[0]
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        cookie = sign_in(browser, arguments.link)
        for name, size, colours in VIEWS:
            look(browser, base, cookie, name, size, colours, arguments.pictures, found)
        keyboard(browser, base, cookie, found)
        without_scripts(browser, base, cookie, found)
        live(browser, base, cookie, found)
        browser.close()
    for text in found:
        print("found:", text)
    print(f"{len(found)} found")
    sys.exit(1 if found else 0)


main()
