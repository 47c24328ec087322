import { fileURLToPath } from "node:url";
import { defineConfig, devices } from "@playwright/test";
import { freePort } from "./server.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Workers load this file again and inherit the environment, so all of them see the one port.
process.env.VECTAL_E2E_URL ??= `http://127.0.0.1:${await freePort()}`;

const chromium = process.env.VECTAL_CHROMIUM ?? process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export default defineConfig({
  testDir: here("./specs"),
  outputDir: here("../test-results"),
  globalSetup: here("./global-setup.ts"),
  // One Vectal for the run, and two cores: tests come one after another.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // A shared machine may stall once; a test that fails twice has a reason.
  retries: process.env.CI === undefined ? 0 : 2,
  // Generous: a busy machine is slow, and a wait ends as soon as what it waits for is there.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.VECTAL_E2E_URL,
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
    {
      name: "desktop",
      testIgnore: [/setup\.spec\.ts$/, /\.phone\.spec\.ts$/],
      dependencies: ["setup"],
      use: { viewport: DESKTOP },
    },
    {
      name: "phone",
      testMatch: /\.phone\.spec\.ts$/,
      dependencies: ["setup"],
      use: { ...devices["Pixel 7"], viewport: PHONE, deviceScaleFactor: 2 },
    },
  ],
});
