import type { AuthResponse } from "./contracts";

/** The little of a BroadcastChannel that the keeper needs; tests bring their own. */
export interface TabChannel {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

export interface KeeperPorts {
  /** Asks the server for a new token by the refresh cookie. Null means: nobody is signed in. */
  refresh: () => Promise<AuthResponse | null>;
  /** Runs alone among all tabs of this browser (Web Locks), or at least in this tab. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  tabs: TabChannel | null;
  /** Milliseconds. */
  now: () => number;
}

export type KeeperEvent =
  | { type: "signed-in"; auth: AuthResponse; elsewhere: boolean }
  | { type: "signed-out"; elsewhere: boolean };

interface Held {
  auth: AuthResponse;
  expiresAt: number;
  takenAt: number;
}

/** A token this close to its end is renewed before it is used. */
const MARGIN_MS = 30_000;

/**
 * Holds the access token: in memory only, never in storage.
 *
 * One refresh runs at a time among all tabs. Each renewal is handed to the other tabs, so ten tabs
 * that wake together make one call and rotate the cookie once.
 */
export class TokenKeeper {
  #held: Held | null = null;
  #pending: Promise<AuthResponse | null> | null = null;
  readonly #listeners = new Set<(event: KeeperEvent) => void>();
  readonly #ports: KeeperPorts;

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
    ports.tabs?.addEventListener("message", (event) => this.#hear(event.data));
  }

  onChange(listener: (event: KeeperEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the answer of login, sign-up or set-up. */
  accept(auth: AuthResponse): void {
    this.#hold(auth, this.#ports.now() + auth.expires_in * 1000);
    this.#tell(auth);
    this.#emit({ type: "signed-in", auth, elsewhere: false });
  }

  /** A token good for a call now, refreshed first when it is near its end. Null: signed out. */
  async token(): Promise<string | null> {
    if (this.#held && this.#held.expiresAt - MARGIN_MS > this.#ports.now()) {
      return this.#held.auth.access_token;
    }
    if (!this.#held) return null;
    return (await this.renew(this.#held.auth.access_token))?.access_token ?? null;
  }

  /** The token in memory, however old. */
  peek(): string | null {
    return this.#held?.auth.access_token ?? null;
  }

  /** Gets a new token in place of `stale`. When another tab has one already, that one is taken. */
  renew(stale: string | null): Promise<AuthResponse | null> {
    this.#pending ??= this.#renew(stale).finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  /** Forgets the token here and in every other tab. */
  drop(): void {
    const had = this.#held !== null;
    this.#held = null;
    this.#ports.tabs?.postMessage({ type: "signed-out" });
    if (had) this.#emit({ type: "signed-out", elsewhere: false });
  }

  async #renew(stale: string | null): Promise<AuthResponse | null> {
    const askedAt = this.#ports.now();
    const auth = await this.#ports.alone(async () => {
      const held = this.#held;
      const fresher = held && held.takenAt >= askedAt && held.auth.access_token !== stale;
      if (fresher) return held.auth;
      const answer = await this.#ports.refresh();
      if (!answer) return null;
      this.#hold(answer, this.#ports.now() + answer.expires_in * 1000);
      this.#tell(answer);
      this.#emit({ type: "signed-in", auth: answer, elsewhere: false });
      return answer;
    });
    if (!auth) this.drop();
    return auth;
  }

  #hold(auth: AuthResponse, expiresAt: number): void {
    this.#held = { auth, expiresAt, takenAt: this.#ports.now() };
  }

  #tell(auth: AuthResponse): void {
    this.#ports.tabs?.postMessage({ type: "signed-in", auth, expiresAt: this.#held?.expiresAt });
  }

  #hear(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    const { type, auth, expiresAt } = message as {
      type?: string;
      auth?: AuthResponse;
      expiresAt?: number;
    };
    if (type === "signed-out" && this.#held) {
      this.#held = null;
      this.#emit({ type: "signed-out", elsewhere: true });
    }
    if (type === "signed-in" && auth && typeof expiresAt === "number") {
      this.#hold(auth, expiresAt);
      this.#emit({ type: "signed-in", auth, elsewhere: true });
    }
  }

  #emit(event: KeeperEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
