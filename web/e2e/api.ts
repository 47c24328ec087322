import { expect } from "@playwright/test";
import { ADMIN } from "./account.ts";
import { ownAddress } from "./addresses.ts";

/** What the tests read of answers; each answer has a part of it. */
interface Json {
  id: string;
  title: string;
  version: number;
  url: string;
  state: string;
  status: string;
  size: number;
  priority: number;
  text: string;
  items: readonly { id: string; title: string; state: string; size: number }[];
  turn: { id: string; status: string };
  doubt: { calls: number } | null;
  access_token: string;
}

/** Calls of the API beside a page: to set the stage, and to see what was kept. */
export interface Api {
  get: (path: string) => Promise<Json>;
  post: (path: string, data: object) => Promise<Json>;
  patch: (path: string, data: object) => Promise<Json>;
  put: (path: string, data: object) => Promise<Json>;
  /** Bytes as they are; a buffer. */
  send: (path: string, bytes: Buffer) => Promise<Json>;
  /** The same person in another workspace. */
  within: (workspaceId: string) => Api;
}

async function send(url: string, method: string, headers: object, data?: object): Promise<Json> {
  const kind = data instanceof Buffer ? "application/octet-stream" : "application/json";
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(data ? { "Content-Type": kind } : {}) },
    ...(data ? { body: data instanceof Buffer ? new Uint8Array(data) : JSON.stringify(data) } : {}),
  });
  const body = (await answer.json()) as Json;
  expect(answer.ok, `${method} ${url}: ${JSON.stringify(body)}`).toBe(true);
  return body;
}

/** A call without a person, such as a sign-up. */
export function postAsNobody(base: string, path: string, data: object): Promise<Json> {
  return send(new URL(path, base).href, "POST", {}, data);
}

function calls(base: string, headers: object): Api {
  const url = (path: string) => new URL(path, base).href;
  return {
    get: (path) => send(url(path), "GET", headers),
    post: (path, data) => send(url(path), "POST", headers, data),
    patch: (path, data) => send(url(path), "PATCH", headers, data),
    put: (path, data) => send(url(path), "PUT", headers, data),
    send: (path, bytes) => send(url(path), "POST", headers, bytes),
    within: (id) => calls(base, { ...headers, "Vectal-Workspace": id }),
  };
}

/** The administrator of this worker's Vectal. It signs in on its own, for the page's refresh token works only once. */
export async function adminApi(): Promise<Api> {
  const base = ownAddress();
  const { email, password } = ADMIN;
  const session = await postAsNobody(base, "/api/v1/auth/login", { email, password });
  return calls(base, { Authorization: `Bearer ${session.access_token}` });
}
