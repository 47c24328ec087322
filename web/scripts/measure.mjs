// oxlint-disable no-await-in-loop -- visits and key presses come one after another
// What the built app costs a browser: `node measure.mjs <json of a Plan>`; one figure a line, as JSON.
// bench/web starts the product, fills it and reads these lines.
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "@playwright/test";

/** @typedef {{ url: string, chromium: string, email: string, password: string,
 *   conversation: string, tasks: number, rounds: number, presses: number, slow: number }} Plan */

/** @type {Plan} */
const plan = JSON.parse(process.argv[2]);
const WINDOW = { width: 1440, height: 900 };
const SETTLE_MS = 1_000;
const STREAM_MS = 180_000;

const tell = (name, value) => console.log(JSON.stringify({ name, value }));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const percentile = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

/** Before anything of the page runs: keeps what the browser tells of paints, keys and long tasks. */
function watch() {
  const seen = { lcp: 0, longest: 0, keys: new Map(), frames: 0 };
  window.measured = seen;
  const take = {
    "largest-contentful-paint": (entry) => (seen.lcp = entry.startTime),
    longtask: (entry) => (seen.longest = Math.max(seen.longest, entry.duration)),
    event: (entry) => {
      if (!entry.interactionId || !entry.name.startsWith("key")) return;
      const before = seen.keys.get(entry.interactionId) ?? 0;
      seen.keys.set(entry.interactionId, Math.max(before, entry.duration));
    },
  };
  for (const [type, each] of Object.entries(take)) {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(each));
    observer.observe({ type, buffered: true, durationThreshold: 16 });
  }
}

async function newPage(browser, signedIn) {
  const context = await browser.newContext({ viewport: WINDOW, baseURL: plan.url });
  await context.addInitScript(watch);
  if (signedIn) {
    const { email, password } = plan;
    const answer = await context.request.post("/api/v1/auth/login", { data: { email, password } });
    if (!answer.ok()) throw new Error(`sign-in: ${answer.status()}`);
  }
  return context.newPage();
}

async function slowDown(page, rate) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** A first visit with nothing cached, as often as the plan wants it. */
async function measureVisits(browser, name, path, signedIn, ready) {
  const paints = [];
  let scripts = 0;
  for (let round = 0; round < plan.rounds; round += 1) {
    const page = await newPage(browser, signedIn);
    await page.goto(path);
    await ready(page).waitFor();
    await page.waitForLoadState("networkidle");
    await pause(SETTLE_MS);
    paints.push(await page.evaluate(() => window.measured.lcp));
    scripts = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => new URL(entry.name).pathname.endsWith(".js"))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    );
    await page.context().close();
  }
  tell(`lcp ${name}`, median(paints));
  tell(`scripts ${name}`, scripts / 1000);
}

async function openInbox(browser) {
  const page = await newPage(browser, true);
  await page.goto("/inbox");
  const list = page.getByRole("group", { name: "Inbox" });
  await list.waitFor();
  // Each page of the list comes when its end is near.
  const rows = () => list.evaluate((node) => Math.round(node.offsetHeight / 36));
  while ((await rows()) < plan.tasks) {
    await list.evaluate((node) => {
      const scroller = node.closest(".overflow-y-auto");
      scroller.scrollTop = scroller.scrollHeight;
    });
    await pause(20);
  }
  await page.waitForLoadState("networkidle");
  tell("rows in the list", await rows());
  return { page, list };
}

/** The 98th of 100 presses, until the frame that shows each; the browser tells none below 16 ms. */
async function measureKeys(page, name, press) {
  await page.evaluate(() => window.measured.keys.clear());
  for (let i = 0; i < plan.presses; i += 1) {
    await press(i);
    await pause(60);
  }
  await pause(SETTLE_MS);
  const told = await page.evaluate(() => [...window.measured.keys.values()]);
  const quick = Array.from({ length: Math.max(0, plan.presses - told.length) }, () => 16);
  tell(`keys ${name}`, percentile([...told, ...quick], 0.98));
}

async function measureList({ page, list }, slow) {
  const speed = slow === 1 ? "1x" : `${slow}x`;
  await slowDown(page, slow);
  await list.evaluate((node) => {
    node.closest(".overflow-y-auto").scrollTop = 0;
    node.focus();
  });
  await pause(SETTLE_MS);
  await measureKeys(page, `selection ${speed}`, () => page.keyboard.press("ArrowDown"));
  const field = page.getByRole("textbox", { name: /task/i }).first();
  await field.fill("");
  await field.focus();
  const words = "Water the tomatoes behind the house ";
  await measureKeys(page, `quick add ${speed}`, (i) =>
    page.keyboard.press(words[i % words.length] === " " ? "Space" : words[i % words.length]),
  );
  await field.fill("");
  await slowDown(page, 1);
}

/** Each frame changes one pixel by script, so that a frame which came late or not at all is missed. */
async function countFrames(page) {
  await page.evaluate(() => {
    const dot = document.createElement("i");
    dot.style.cssText = "position:fixed;right:0;bottom:0;width:1px;height:1px;z-index:99";
    document.body.append(dot);
    let at = 0;
    const tick = () => {
      at += 1;
      dot.style.backgroundColor = at % 2 ? "rgb(1,1,1)" : "rgb(2,2,2)";
      window.measured.ticker = requestAnimationFrame(tick);
    };
    tick();
  });
}

/** Frames that the browser has put on the screen, in its own trace. */
const drawn = (trace) =>
  JSON.parse(trace.toString()).traceEvents.filter(({ name }) => name === "DrawFrame").length;

async function measureStream(browser, page, name, slow) {
  const log = page.getByRole("log").last();
  await slowDown(page, slow);
  await page.evaluate(() => (window.measured.longest = 0));
  await countFrames(page);
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline.frame"] });
  const begin = Date.now();
  const field = page.getByRole("textbox", { name: /message/i }).last();
  await field.fill("Write at length.");
  await field.press("Enter");
  await log.getByText("The end of it.").last().waitFor({ timeout: STREAM_MS });
  const seconds = (Date.now() - begin) / 1000;
  const trace = await browser.stopTracing();
  tell(`stream seconds ${name}`, seconds);
  tell(`stream frames ${name}`, drawn(trace) / seconds);
  tell(`stream longest ${name}`, await page.evaluate(() => window.measured.longest));
  await slowDown(page, 1);
}

const browser = await chromium.launch({
  executablePath: plan.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
try {
  await measureVisits(browser, "login", "/login", false, (page) => page.getByLabel("E-mail"));
  await measureVisits(browser, "main", "/today", true, (page) =>
    page.getByRole("region", { name: "Projects" }),
  );
  const chat = await newPage(browser, true);
  await chat.goto(`/chat/${plan.conversation}`);
  await measureStream(browser, chat, "1x", 1);
  await chat.context().close();
  const inbox = await openInbox(browser);
  await measureList(inbox, 1);
  await measureList(inbox, plan.slow);
  await measureStream(browser, inbox.page, `${plan.slow}x`, plan.slow);
} finally {
  await browser.close();
}
