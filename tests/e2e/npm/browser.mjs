// A browser at the other end of a pipe: takes one command a line as JSON, {"do", ...}, and answers each
// with one line, {"value"} or {"error"}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const timeout = 30_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let context;
let page;
let seen;

const commands = {
  async open({ origin, options }) {
    await context?.close();
    context = await browser.newContext(options);
    context.setDefaultTimeout(timeout);
    page = await context.newPage();
    seen = { foreign: [], errors: [] };
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !url.startsWith("data:")) seen.foreign.push(url);
    });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
    });
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("dialog", (dialog) => {
      seen.errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  },
  goto: ({ url }) => page.goto(url).then(() => null),
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
  press: ({ selector, key }) => page.press(selector, key),
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
