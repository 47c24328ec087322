import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { insist } from "./lazy-part";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a part that fails at first is fetched again", async () => {
  let tries = 0;
  const part = insist(async () => {
    tries += 1;
    if (tries < 3) throw new TypeError("Failed to fetch dynamically imported module");
    return "part";
  });
  await vi.runAllTimersAsync();
  expect(await part).toBe("part");
  expect(tries).toBe(3);
});

test("offline, it waits for the network and asks no sooner", async () => {
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  let tries = 0;
  const part = insist(async () => {
    tries += 1;
    if (!navigator.onLine) throw new TypeError("offline");
    return "part";
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toBe(1);
  online.mockReturnValue(true);
  window.dispatchEvent(new Event("online"));
  expect(await part).toBe("part");
  expect(tries).toBe(2);
});

test("what never comes fails in the end, with its own words", async () => {
  const part = insist(() => Promise.reject(new TypeError("gone"))).catch(String);
  await vi.runAllTimersAsync();
  expect(await part).toBe("TypeError: gone");
});
