import { describe, expect, it } from "vitest";
import type { AuthResponse } from "./contracts";
import { type KeeperEvent, type TabChannel, TokenKeeper } from "./keeper";

function auth(token: string, expiresIn = 600): AuthResponse {
  return {
    access_token: token,
    expires_in: expiresIn,
    user: {
      id: "u1",
      email: "ada@example.com",
      display_name: "Ada",
      timezone: "UTC",
      is_admin: false,
      default_workspace_id: "w1",
    },
    workspaces: [{ id: "w1", name: "Home", role: "owner" }],
  };
}

/** One browser: a clock, a server that rotates, a lock and a channel shared by its tabs. */
class Browser {
  now = 0;
  calls = 0;
  signedIn = true;
  readonly #listeners: ((event: { data: unknown }) => void)[][] = [];
  #lock: Promise<unknown> = Promise.resolve();

  #channel(): TabChannel {
    const own: ((event: { data: unknown }) => void)[] = [];
    this.#listeners.push(own);
    return {
      postMessage: (data) => {
        for (const tab of this.#listeners) {
          if (tab !== own) for (const listener of tab) queueMicrotask(() => listener({ data }));
        }
      },
      addEventListener: (_type, listener) => void own.push(listener),
    };
  }

  #alone = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = this.#lock.then(() => new Promise((resolve) => setTimeout(resolve))).then(work);
    this.#lock = turn.catch(() => null);
    return turn;
  };

  tab(): TokenKeeper {
    return new TokenKeeper({
      refresh: async () => {
        this.calls += 1;
        return this.signedIn ? auth(`token-${this.calls}`) : null;
      },
      alone: this.#alone,
      tabs: this.#channel(),
      now: () => this.now,
    });
  }
}

describe("TokenKeeper", () => {
  it("gives no token before anybody signed in", async () => {
    expect(await new Browser().tab().token()).toBeNull();
  });

  it("hands out the token it holds without asking the server", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth("first"));
    expect(await tab.token()).toBe("first");
    expect(browser.calls).toBe(0);
  });

  it("renews a token that is near its end before it is used", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth("first", 600));
    browser.now = 580_000;
    expect(await tab.token()).toBe("token-1");
  });

  it("asks once when many calls meet a refused token together", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth("first"));
    const all = await Promise.all(Array.from({ length: 10 }, () => tab.renew("first")));
    expect(new Set(all.map((a) => a?.access_token))).toEqual(new Set(["token-1"]));
    expect(browser.calls).toBe(1);
  });

  it("asks once among all tabs that wake together", async () => {
    const browser = new Browser();
    const tabs = Array.from({ length: 5 }, () => browser.tab());
    tabs[0]?.accept(auth("first"));
    await new Promise((resolve) => setTimeout(resolve));
    const tokens = await Promise.all(tabs.map((tab) => tab.renew("first")));
    expect(browser.calls).toBe(1);
    expect(new Set(tokens.map((a) => a?.access_token))).toEqual(new Set(["token-1"]));
    expect(await Promise.all(tabs.map((tab) => tab.token()))).toEqual(Array(5).fill("token-1"));
  });

  it("signs every tab in by one login and out by one logout", async () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(), browser.tab()];
    const seen: KeeperEvent["type"][] = [];
    two.onChange((event) => seen.push(event.type));
    one.accept(auth("first"));
    await new Promise((resolve) => setTimeout(resolve));
    expect(await two.token()).toBe("first");
    one.drop();
    await new Promise((resolve) => setTimeout(resolve));
    expect(await two.token()).toBeNull();
    expect(seen).toEqual(["signed-in", "signed-out"]);
  });

  it("signs out when the refresh cookie is refused", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    const seen: KeeperEvent["type"][] = [];
    tab.accept(auth("first"));
    tab.onChange((event) => seen.push(event.type));
    browser.signedIn = false;
    expect(await tab.renew("first")).toBeNull();
    expect(seen).toEqual(["signed-out"]);
  });

  it("keeps the session when the server is merely unreachable", async () => {
    const tab = new TokenKeeper({
      refresh: () => Promise.reject(new TypeError("offline")),
      alone: (work) => work(),
      tabs: null,
      now: () => 0,
    });
    tab.accept(auth("first"));
    await expect(tab.renew("first")).rejects.toThrow("offline");
    expect(tab.peek()).toBe("first");
  });

  it("ignores messages that are not its own", async () => {
    let hear: (event: { data: unknown }) => void = () => {};
    const tab = new TokenKeeper({
      refresh: () => Promise.resolve(null),
      alone: (work) => work(),
      tabs: {
        postMessage: () => {},
        addEventListener: (_type, listener) => void (hear = listener),
      },
      now: () => 0,
    });
    tab.accept(auth("first"));
    for (const data of [null, "x", 7, {}, { type: "signed-in" }, { type: "signed-in", auth: {} }]) {
      hear({ data });
    }
    expect(await tab.token()).toBe("first");
  });
});
