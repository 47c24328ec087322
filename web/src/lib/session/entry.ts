import { readProblem, toProblem } from "../api/problem";
import type { components } from "../api/schema";

type Schemas = components["schemas"];

const TIMEOUT_MS = 15_000;

/** The two calls of the login page. Bare `fetch`, for the typed client would cost its budget 3 kB. */
async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  try {
    const response = await fetch(path, {
      ...init,
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as T;
  } catch (error) {
    throw toProblem(error);
  }
}

/** Whether this installation waits for its first account, and who may sign up. */
export function fetchSetup(): Promise<Schemas["SetupStatus"]> {
  return call("/api/v1/setup");
}

export function login(email: string, password: string): Promise<Schemas["Auth"]> {
  return call("/api/v1/auth/login", {
    method: "POST",
    body: JSON.stringify({ email, password }),
  });
}
