import { newId } from "../ids";
import { readProblem, toProblem } from "./problem";

export interface TransportPorts {
  fetch: (request: Request) => Promise<Response>;
  token: () => Promise<string | null>;
  /** Gets a new token in place of the refused one; null when the session is over. */
  renew: (refused: string) => Promise<string | null>;
  workspaceId: () => string | null;
  /** Milliseconds to wait before a POST that met a network fault is sent once more. */
  retryDelayMs?: number;
}

/** Every call has a deadline. Streams don't pass here: they go over the socket. */
export const CALL_TIMEOUT_MS = 20_000;

async function prepare(request: Request, ports: TransportPorts): Promise<string | null> {
  const workspaceId = ports.workspaceId();
  if (workspaceId && !request.headers.has("Vectal-Workspace")) {
    request.headers.set("Vectal-Workspace", workspaceId);
  }
  if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
    request.headers.set("Idempotency-Key", newId());
  }
  request.headers.set("Accept", "application/json, application/problem+json");
  const token = await ports.token();
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return token;
}

async function send(request: Request, ports: TransportPorts): Promise<Response> {
  const spare = request.method === "POST" ? request.clone() : null;
  try {
    return await ports.fetch(request);
  } catch (error) {
    // A POST carries an Idempotency-Key, so sending it twice has one effect.
    if (!spare || request.signal.aborted || !(error instanceof TypeError)) throw error;
    await new Promise((resolve) => setTimeout(resolve, ports.retryDelayMs ?? 400));
    return ports.fetch(spare);
  }
}

/**
 * The fetch under the typed client: adds token, workspace, idempotency key and deadline; renews the
 * token once on a 401; turns every failure into a ProblemError.
 */
export function createTransport(ports: TransportPorts) {
  return async function transport(input: Request): Promise<Response> {
    const signal = AbortSignal.any([input.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const request = new Request(input, { signal });
    try {
      const token = await prepare(request, ports);
      const again = token ? request.clone() : null;
      let response = await send(request, ports);
      if (response.status === 401 && token && again) {
        const renewed = await ports.renew(token);
        if (renewed) {
          again.headers.set("Authorization", `Bearer ${renewed}`);
          response = await send(again, ports);
        }
      }
      if (!response.ok) throw await readProblem(response);
      return response;
    } catch (error) {
      // The caller went away: react-query expects its own abort back, not a problem.
      if (input.signal.aborted) throw error;
      throw toProblem(error);
    }
  };
}
