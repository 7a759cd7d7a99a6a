// Measures the web page in Chromium, and prints what it found as JSON:
//
//   node page.mjs <address> first-load | first-rows | frames <seconds>
import { chromium } from "playwright-core";

const [url, what, seconds] = process.argv.slice(2);
const LINE = { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const SLOWER = 4; // times, of the processor

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1366, height: 650 } });
page.setDefaultTimeout(120_000);
const devtools = await page.context().newCDPSession(page);

async function evaluateUntil(expression) {
  for (;;) {
    const value = await page.evaluate(expression).catch(() => null);
    if (value) return value;
    await page.waitForTimeout(50);
  }
}

const measurements = {
  /// Bytes of all answers but the stream.
  async "first-load"() {
    let bytes = 0;
    const streams = new Set();
    devtools.on("Network.requestWillBeSent", ({ requestId, request }) => {
      if (request.url.includes("/watch")) streams.add(requestId);
    });
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (!streams.has(requestId)) bytes += encodedDataLength;
    });
    await devtools.send("Network.enable");
    await page.goto(url);
    await evaluateUntil(
      "document.querySelector('.map path') && document.querySelector('canvas') &&" +
        " document.querySelector('.connection.live')",
    );
    return { bytes };
  },

  /// Milliseconds from the navigation to the first offers on the screen.
  async "first-rows"() {
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: false, ...LINE });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await page.addInitScript(() => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector("tr[data-provider]")) return;
        observer.disconnect();
        requestAnimationFrame(() => {
          setTimeout(() => (window.firstRows = performance.now()));
        });
      });
      observer.observe(document, { childList: true, subtree: true });
    });
    await page.goto(url, { waitUntil: "commit" });
    return { ms: await evaluateUntil("window.firstRows") };
  },

  /// The time between two frames, and the share of the main thread that is busy.
  async frames() {
    await devtools.send("Performance.enable");
    await page.goto(url);
    await evaluateUntil("document.querySelector('.connection.live')");
    await page.waitForTimeout(3_000);
    const busy = async () => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value;
    };
    const before = await busy();
    const frames = await page.evaluate(
      (ms) =>
        new Promise((resolve) => {
          const found = [];
          let last = performance.now();
          const end = last + ms;
          const onFrame = (now) => {
            found.push(now - last);
            last = now;
            if (now < end) requestAnimationFrame(onFrame);
            else resolve(found.sort((a, b) => a - b));
          };
          requestAnimationFrame(onFrame);
        }),
      Number(seconds) * 1000,
    );
    const share = ((await busy()) - before) / Number(seconds);
    return { share, p99: frames[Math.floor(frames.length * 0.99)], frames: frames.length };
  },
};

console.log(JSON.stringify(await measurements[what]()));
await browser.close();
