"""What is wrong with a page as a browser shows it: its head, width, keyboard order, errors and accessibility."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from tests.e2e.pages import Sent, State, pattern_of

NARROWEST = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
PHONE_WIDTH = 360
MOST_STOPS = 220
"""How many stops of the Tab key are walked; the longest boards go on with more of the same."""

AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
"""The rules of WCAG 2.2 at A and AA, with target size, which axe leaves out unless asked for it, and best practice."""

AXE = Axe().axe_script
"""Half a megabyte: who looks at many pages gives it to the browser once, as a script that every page begins with."""

TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
"""One key event by the browser's own protocol: a whole press by Playwright takes several times as long."""

STOPS = """() => {
  const shown = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
  const isStop = e => !e.disabled && e.type !== 'hidden' && e.tabIndex >= 0 && shown(e);
  const all = [
    ...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')
  ].filter(isStop);
  const stops = all.filter(e => {
    if (e.type !== 'radio') return true;
    const group = all.filter(other => other.type === 'radio' && other.name === e.name && other.form === e.form);
    return e === (group.find(other => other.checked) || group[0]);
  });
  window.stopsReached = [];
  document.addEventListener('focusin', event => window.stopsReached.push(stops.indexOf(event.target)));
  if (document.activeElement) window.stopsReached.push(stops.indexOf(document.activeElement));
  window.stops = stops;
  const parts = stops.filter(e => ['date', 'datetime-local', 'time'].includes(e.type)).length * 7;
  return {
    count: stops.length,
    presses: stops.length + parts + 3,
    positive: [...document.querySelectorAll('[tabindex]')]
      .filter(e => e.tabIndex > 0).map(e => e.outerHTML.slice(0, 80)),
  };
}"""

REACHED = """() => ({
  order: window.stopsReached.filter((stop, i, all) => stop >= 0 && all.indexOf(stop) === i),
  names: window.stops.map(e => e.outerHTML.slice(0, 90)),
})"""

OUT_OF_READING_ORDER = """() => {
  const found = [];
  let last = null;
  for (const e of document.querySelectorAll('main a[href], main button, main input, main select, main textarea')) {
    if (e.type === 'hidden' || e.tabIndex < 0 || !e.checkVisibility({visibilityProperty: true})) continue;
    const box = e.getBoundingClientRect();
    if (!box.width) continue;
    if (last && box.bottom <= last.top) found.push(e.outerHTML.slice(0, 90));
    last = box;
  }
  return found;
}"""

WITHOUT_SCRIPT = """() => ({
  heading: document.querySelector('h1')?.innerText ?? '',
  words: document.querySelector('main')?.innerText.trim().length ?? 0,
  dead: [...document.querySelectorAll('button[type=button]')]
    .filter(e => e.checkVisibility({visibilityProperty: true})).map(e => e.outerHTML.slice(0, 90)),
  without_button: [...document.querySelectorAll('main form')]
    .filter(form => ![...form.elements].some(e => e.type === 'submit')).map(form => form.outerHTML.slice(0, 90)),
})"""

FORMS = """() => [...document.forms].map((form, index) => [
  index, new URL(form.getAttribute('action') || location.href, location.href).pathname, form.method
])"""

CLEAR = """index => {
  const form = document.forms[index];
  form.noValidate = true;
  for (const e of form.elements) {
    if (e.type === 'hidden') continue;
    if (e.type === 'radio' || e.type === 'checkbox') e.checked = false;
    else if (e.tagName === 'SELECT') e.value = '';
    else if (e.tagName === 'TEXTAREA' || (e.tagName === 'INPUT' && e.type !== 'submit')) e.value = '';
  }
  for (let e = form; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
}"""


class Looker:
    """One browser tab that opens pages one after another, and notes what the console says."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self._said: list[ConsoleMessage] = []
        self._thrown: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self._said.append(message))
        self.page.on("pageerror", lambda error: self._thrown.append(str(error)))

    def open(self, address: str, sent: Sent | None) -> Response:
        """Open a page, fill in and send its form if there is one to send, and return the answer."""
        self.page.set_viewport_size(WIDE)
        self._said.clear()
        self._thrown.clear()
        response = self.page.goto(address)
        if sent is not None and not sent.is_in_address:
            response = send(self.page, sent)
        assert response is not None, address
        # A part that the page is still fetching takes its place in the order of the Tab key, and in the picture.
        self.page.locator("[aria-busy=true]").first.wait_for(state="detached")
        return response

    def console(self, *, is_refused: bool) -> list[str]:
        """Return what went wrong since the page was opened; the status of a refused page itself is none of it."""
        page = self.page.url.partition("#")[0]  # an error may have been followed to its place on the page
        said = [
            message.text
            for message in self._said
            if not (is_refused and message.location.get("url") == page and "status of" in message.text)
        ]
        return [*said, *self._thrown]


def send(page: Page, sent: Sent) -> Response | None:
    """Clear a form of the page, fill it in, send it by its button, and return the answer."""
    wanted = pattern_of(sent.to)
    # A page may search by the same address that it posts to: what is posted is what can be wrong.
    found = [(method != "post", number) for number, path, method in page.evaluate(FORMS) if wanted.fullmatch(path)]
    assert found, f"no form to {sent.to} on {page.url}"
    index = min(found)[1]
    page.evaluate(CLEAR, index)
    form = page.locator("form").nth(index)
    for name, value in sent.fill.items():
        control = form.locator(f"[name={name}]").first
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value=value)
        else:
            control.fill(value)
    if sent.upload:
        form.locator(f"[name={sent.upload}]").set_input_files(
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": sent.holds.encode()}
        )
    with page.expect_navigation() as navigation:
        pressed = (
            form.get_by_role("button", name=sent.press) if sent.press else form.locator("button:not([type=button])")
        )
        pressed.first.click()
    return navigation.value


def wrong_with_head(page: Page, titles: dict[str, str], state: State) -> list[str]:
    """Return what is wrong with title and headings; `titles` remembers whose each is: none may be used twice."""
    found = []
    title = page.title()
    own = title.removeprefix("Error: ").rpartition(" – ")[0]
    if (
        not own
        or own.startswith("Error: ")
        or (state.page.status == 200 and title.startswith("Error: ") != state.is_error)
    ):
        found.append(f"title {title!r}")
    if not state.is_empty_system and state.status == 200:
        # Filters in the query leave a page the same page.
        address = f"{state.page.rule} {state.address.partition('?')[0]}"
        owner = titles.setdefault(title, address)
        if owner != address and state.sent is None:
            found.append(f"title {title!r} is also that of {owner}")
    headings = page.locator("h1").all_inner_texts()
    if len(headings) != 1 or not headings[0].strip():
        found.append(f"headings {headings}")
    if page.locator("html").get_attribute("lang") != "en-GB":
        found.append("language")
    return found


def wrong_with_width(page: Page) -> list[str]:
    """Return what scrolls sideways at the narrowest width and a wide one, or is read in another order than Tab goes."""
    found = []
    for viewport in (WIDE, NARROWEST):
        page.set_viewport_size(viewport)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            found.append(f"{width} px wide at {viewport['width']} px")
    # At the narrowest width all is one column: what comes later must not be further up.
    return [*found, *(f"out of reading order: {element}" for element in page.evaluate(OUT_OF_READING_ORDER))]


def wrong_by_keyboard(page: Page) -> list[str]:
    """Return what the Tab key does not reach, or reaches in another order than the page's."""
    page.set_viewport_size(WIDE)
    stops = page.evaluate(STOPS)
    keyboard = page.context.new_cdp_session(page)
    for _ in range(min(stops["presses"], MOST_STOPS)):
        keyboard.send("Input.dispatchKeyEvent", TAB)
    keyboard.detach()
    reached = page.evaluate(REACHED)
    found = [f"positive tabindex: {element}" for element in stops["positive"]]
    # The walk begins where the focus was, and goes on from the end of the page at its beginning.
    order = reached["order"]
    begin = order.index(min(order)) if order else 0
    if order[begin:] + order[:begin] != sorted(order):
        found.append(f"tab order {order}")
    if stops["presses"] <= MOST_STOPS:
        missed = set(range(stops["count"])) - set(order)
        found += [f"not reached by Tab: {reached['names'][stop]}" for stop in sorted(missed)]
    return found


def wrong_with_errors(page: Page, *, has_script: bool) -> list[str]:
    """Return what is wrong with how errors are told: the summary with the focus, and its links to the fields."""
    summary = page.locator(".govuk-error-summary")
    if summary.count() != 1:
        return [f"{summary.count()} error summaries"]
    found = []
    if has_script and not summary.evaluate("e => e === document.activeElement"):
        found.append("the error summary has not the focus")
    links: Sequence[str] = summary.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))")
    if not links:
        found.append("the error summary links to no field")
    for link in links:
        target = page.locator(f"[id='{link[1:]}']")
        if target.count() != 1 or not target.is_visible():
            found.append(f"{link} leads nowhere")
        elif has_script:
            summary.locator(f"a[href='{link}']").first.click()
            if page.evaluate("document.activeElement.id") != link[1:]:
                found.append(f"{link} does not give its field the focus")
    return found


def wrong_without_script(page: Page, with_script: str) -> list[str]:
    """Return what is missing of a page without JavaScript, by the heading that it has with it."""
    seen: dict[str, Any] = page.evaluate(WITHOUT_SCRIPT)
    found = []
    if seen["heading"] != with_script or not seen["words"]:
        found.append(f"without JavaScript the heading is {seen['heading']!r}")
    found += [f"does nothing without JavaScript: {element}" for element in seen["dead"]]
    found += [f"no button sends it: {form}" for form in seen["without_button"]]
    return found


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds wrong, by rule and element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    # Only these: to bring all that axe says of a page out of the browser takes as long as many a rule.
    violations = page.evaluate("options => axe.run(options).then(found => found.violations)", AXE_OPTIONS)
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
