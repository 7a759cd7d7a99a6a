// A browser at the other end of a pipe: takes one command a line as JSON, {"do", ...}, and answers each
// with one line, {"value"} or {"error"}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const timeout = 90_000; // what the page counts is a minute old at most

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Names that are not localhost: pages of theirs are no secure context on plain HTTP.
  args: ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"],
});
let context;
let page;
let pages;
let seen;
let release = () => {};
let streams; // requests for streams that are under way

function watch(page, origin) {
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) seen.foreign.push(url);
    if (url.includes("/api/v1/watch")) streams.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"]) {
    page.on(end, (request) => streams.delete(request));
  }
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("dialog", (dialog) => {
    seen.errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

const commands = {
  async open({ origin, options }) {
    await context?.close();
    // A usual window, in which the filters stand beside the offers.
    context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options });
    context.setDefaultTimeout(timeout);
    seen = { foreign: [], errors: [] };
    streams = new Set();
    pages = [];
    await commands.tab({ origin });
  },
  /// A further tab; what follows is done in it.
  async tab({ origin }) {
    page = await context.newPage();
    watch(page, origin);
    pages.push(page);
  },
  /// Goes on in an earlier tab.
  async turn({ tab }) {
    page = pages[tab];
    await page.bringToFront();
  },
  streams: () => streams.size,
  /// Requests whose address has `part` fail, are answered by `answer`, or are held until `release`.
  route: ({ part, answer, times }) =>
    page.route(
      (url) => url.href.includes(part),
      (route) => (answer ? route.fulfill(answer) : route.abort()),
      { times },
    ),
  async hold({ part }) {
    await page.route(
      (url) => url.href.includes(part),
      async (route) => {
        await new Promise((resolve) => {
          release = resolve;
        });
        await route.continue();
      },
      { times: 1 },
    );
  },
  release: () => release(),
  unroute: () => page.unrouteAll(),
  media: ({ media }) => page.emulateMedia({ media }),
  cdp: async ({ method, params }) => {
    const session = await context.newCDPSession(page);
    return session.send(method, params);
  },
  goto: ({ url }) => page.goto(url).then(() => null),
  reload: () => page.reload().then(() => null),
  back: () => page.goBack().then(() => null),
  evaluate: ({ expression }) => page.evaluate(expression),
  // Not by waitForFunction, which the page's policy keeps from evaluating.
  async wait({ expression }) {
    const deadline = Date.now() + timeout;
    for (;;) {
      const value = await page.evaluate(expression).catch(() => null);
      if (value) return value;
      if (Date.now() > deadline) {
        throw new Error(`never true; the page says: ${await page.innerText("body")}`);
      }
      await page.waitForTimeout(20);
    }
  },
  click: ({ selector }) => page.click(selector),
  fill: ({ selector, text }) => page.fill(selector, text),
  press: ({ selector, key }) => (selector ? page.press(selector, key) : page.keyboard.press(key)),
  type: ({ text }) => page.keyboard.type(text),
  select: ({ selector, value }) => page.selectOption(selector, value),
  hover: ({ selector }) => page.hover(selector),
  screenshot: ({ path, fullPage }) => page.screenshot({ path, fullPage }).then(() => null),
  scheme: ({ scheme }) => page.emulateMedia({ colorScheme: scheme }),
  // All of the page by all rules, or what is named.
  async axe({ within, rules }) {
    await page.evaluate(readFileSync(axeSource, "utf8"));
    const { violations } = await page.evaluate(
      ([root, only]) => axe.run(root ?? document, only ? { runOnly: only } : {}),
      [within, rules],
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  },
  seen: () => seen,
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[command.do](command)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
