import { fileURLToPath } from "node:url";
import { defineConfig, devices } from "@playwright/test";
import { ownAddress, WORKERS } from "./addresses.ts";
import { freePort } from "./server.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Workers load this file again and inherit the environment, so all of them see the same ports.
process.env.VECTAL_E2E_URLS ??= (await Promise.all(Array.from({ length: WORKERS }, freePort)))
  .map((port) => `http://127.0.0.1:${port}`)
  .join(" ");

const chromium = process.env.VECTAL_CHROMIUM ?? process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export default defineConfig({
  testDir: here("./specs"),
  outputDir: here("../test-results"),
  globalSetup: here("./global-setup.ts"),
  workers: WORKERS,
  // The tests of a file come one after another, at one Vectal.
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // A shared machine may stall once; a test that fails twice has a reason.
  retries: process.env.CI === undefined ? 0 : 2,
  // Generous: a busy machine is slow, and a wait ends as soon as what it waits for is there.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    baseURL: ownAddress(),
    // No test looks at a movement, and each costs time and makes things hard to hit.
    contextOptions: { reducedMotion: "reduce" },
    // Recording every test costs a fifth of the run; what failed is repeated anyway.
    trace: process.env.CI === undefined ? "retain-on-failure" : "on-first-retry",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    // The first run of a new installation: creates the administrator by the set-up page.
    { name: "setup", testMatch: /setup\.spec\.ts$/, use: { viewport: DESKTOP } },
    // Before the desktop: its pages are one long file, and nobody should wait for that at the end.
    {
      name: "phone",
      testMatch: /\.phone\.spec\.ts$/,
      dependencies: ["setup"],
      use: { ...devices["Pixel 7"], viewport: PHONE, deviceScaleFactor: 2 },
    },
    {
      name: "desktop",
      testIgnore: [/setup\.spec\.ts$/, /\.phone\.spec\.ts$/],
      dependencies: ["setup"],
      use: { viewport: DESKTOP },
    },
  ],
});
