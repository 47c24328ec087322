import { expect, type Page } from "@playwright/test";
import { ADMIN } from "./account.ts";

/** What the tests read of answers; each answer has a part of it. */
interface Json {
  id: string;
  title: string;
  version: number;
  items: readonly unknown[];
  access_token: string;
}

/** Calls of the API beside a page: to set the stage, and to see what was kept. */
export interface Api {
  get: (path: string) => Promise<Json>;
  post: (path: string, data: object) => Promise<Json>;
  patch: (path: string, data: object) => Promise<Json>;
}

/** Signs in on its own, for the page's refresh token works only once. */
export async function apiOf(page: Page): Promise<Api> {
  const url = (path: string) => new URL(path, page.url()).href;
  const send = async (method: string, path: string, token?: string, data?: object) => {
    const answer = await fetch(url(path), {
      method,
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(data ? { "Content-Type": "application/json" } : {}),
      },
      ...(data ? { body: JSON.stringify(data) } : {}),
    });
    const body = (await answer.json()) as Json;
    expect(answer.ok, JSON.stringify(body)).toBe(true);
    return body;
  };
  const { email, password } = ADMIN;
  const session = await send("POST", "/api/v1/auth/login", undefined, { email, password });
  const token = session.access_token;
  return {
    get: (path) => send("GET", path, token),
    post: (path, data) => send("POST", path, token, data),
    patch: (path, data) => send("PATCH", path, token, data),
  };
}
