// @vitest-environment node
import { describe, expect, it } from "vitest";
import { ProblemError } from "./problem";
import { createTransport, type TransportPorts } from "./transport";

type Handler = (request: Request, call: number) => Response | Promise<Response>;

function server(handler: Handler, ports: Partial<TransportPorts> = {}) {
  const seen: { request: Request; body: string }[] = [];
  const transport = createTransport({
    fetch: async (request) => {
      seen.push({ request, body: await request.clone().text() });
      return handler(request, seen.length);
    },
    token: () => Promise.resolve("old"),
    renew: () => Promise.resolve("new"),
    workspaceId: () => "w1",
    retryDelayMs: 0,
    ...ports,
  });
  return { seen, transport };
}

const ok = () => Response.json({ ok: true });
const post = () =>
  new Request("http://vectal.test/api/v1/tasks", { method: "POST", body: '{"title":"x"}' });
const get = () => new Request("http://vectal.test/api/v1/me");

function problem(status: number, body: unknown, headers: Record<string, string> = {}) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}

async function failure(work: Promise<unknown>): Promise<ProblemError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProblemError)) throw new Error(`expected a problem, got ${String(error)}`);
  return error;
}

describe("transport", () => {
  it("adds token, workspace and, to a POST, an idempotency key", async () => {
    const { seen, transport } = server(ok);
    await transport(post());
    await transport(get());
    const [first, second] = seen.map((s) => s.request.headers);
    expect(first?.get("Authorization")).toBe("Bearer old");
    expect(first?.get("Vectal-Workspace")).toBe("w1");
    expect(first?.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.get("Idempotency-Key")).toBeNull();
  });

  it("gives two posts two keys and keeps a key that the caller chose", async () => {
    const { seen, transport } = server(ok);
    await transport(post());
    await transport(post());
    const chosen = post();
    chosen.headers.set("Idempotency-Key", "mine");
    await transport(chosen);
    const keys = seen.map((s) => s.request.headers.get("Idempotency-Key"));
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("mine");
  });

  it("renews a refused token once and sends the same body and key again", async () => {
    const { seen, transport } = server((_, call) =>
      call === 1 ? problem(401, { code: "auth.expired" }) : ok(),
    );
    const response = await transport(post());
    expect(response.status).toBe(200);
    expect(seen.map((s) => s.request.headers.get("Authorization"))).toEqual([
      "Bearer old",
      "Bearer new",
    ]);
    expect(seen.map((s) => s.body)).toEqual(['{"title":"x"}', '{"title":"x"}']);
    expect(new Set(seen.map((s) => s.request.headers.get("Idempotency-Key"))).size).toBe(1);
  });

  it("gives up when the new token is refused too", async () => {
    const { seen, transport } = server(() => problem(401, { code: "auth.revoked" }));
    expect((await failure(transport(get()))).code).toBe("auth.revoked");
    expect(seen).toHaveLength(2);
  });

  it("doesn't renew when nobody is signed in", async () => {
    const { seen, transport } = server(() => problem(401, { code: "auth.required" }), {
      token: () => Promise.resolve(null),
    });
    expect((await failure(transport(get()))).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it("repeats a post that met a network fault, with the same key, once", async () => {
    const { seen, transport } = server((_, call) => {
      if (call === 1) throw new TypeError("fetch failed");
      return ok();
    });
    expect((await transport(post())).status).toBe(200);
    expect(new Set(seen.map((s) => s.request.headers.get("Idempotency-Key"))).size).toBe(1);
    expect(seen[1]?.body).toBe('{"title":"x"}');
  });

  it("leaves a get that met a network fault to the query's own retries", async () => {
    const { seen, transport } = server(() => {
      throw new TypeError("fetch failed");
    });
    const error = await failure(transport(get()));
    expect(error.isNetwork).toBe(true);
    expect(error.code).toBe("network.offline");
    expect(seen).toHaveLength(1);
  });

  it("reads a problem with its fields, its extra members and its delay", async () => {
    const { transport } = server(() =>
      problem(
        412,
        {
          type: "urn:vectal:problem:tasks.version_conflict",
          title: "The task changed",
          status: 412,
          code: "tasks.version_conflict",
          detail: "Version 3 is newer.",
          errors: [{ pointer: "/title", code: "too_long", detail: "Too long." }],
          current: { version: 3 },
        },
        { "Retry-After": "7" },
      ),
    );
    const error = await failure(transport(get()));
    expect(error).toMatchObject({
      status: 412,
      code: "tasks.version_conflict",
      title: "The task changed",
      detail: "Version 3 is newer.",
      extra: { current: { version: 3 } },
      retryAfterS: 7,
    });
    expect(error.fieldError("title")).toBe("Too long.");
    expect(error.fieldError("notes")).toBeUndefined();
  });

  it.each([
    ["a proxy's page", "<html>Bad gateway</html>"],
    ["an array", "[1,2]"],
    ["null", "null"],
    ["wrong types", '{"code":7,"title":{},"errors":"no"}'],
    ["nothing", ""],
  ])("makes a plain problem of %s", async (_, body) => {
    const { transport } = server(() => new Response(body, { status: 502 }));
    const error = await failure(transport(get()));
    expect(error.status).toBe(502);
    expect(error.code).toBe("http.502");
    expect(error.errors).toEqual([]);
  });

  it("hands the caller's own abort back as it is", async () => {
    const controller = new AbortController();
    const { transport } = server((request) => {
      controller.abort();
      return Promise.reject(request.signal.reason);
    });
    const work = transport(new Request(get(), { signal: controller.signal }));
    await expect(work).rejects.toMatchObject({ name: "AbortError" });
  });
});
