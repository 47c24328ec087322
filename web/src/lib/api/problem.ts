/** One invalid field of a request, named by a JSON pointer such as `/title`. */
export interface ProblemField {
  pointer: string;
  code: string;
  detail: string;
}

export interface ProblemInit {
  status: number;
  code: string;
  title: string;
  detail?: string;
  errors?: ProblemField[];
  /** Members beyond RFC 9457, such as `current` on a 412. */
  extra?: Record<string, unknown>;
  retryAfterS?: number | null;
}

/** What every failed call throws: the server's RFC 9457 problem, or our own for network faults. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: ProblemField[];
  readonly extra: Record<string, unknown>;
  readonly retryAfterS: number | null;

  constructor(init: ProblemInit) {
    super(init.detail || init.title);
    this.status = init.status;
    this.code = init.code;
    this.title = init.title;
    this.detail = init.detail ?? "";
    this.errors = init.errors ?? [];
    this.extra = init.extra ?? {};
    this.retryAfterS = init.retryAfterS ?? null;
  }

  /** True when no answer came: the machine is offline, the server is away, or it took too long. */
  get isNetwork(): boolean {
    return this.status === 0;
  }

  /** The message for one form field (`title` or `/title`), if the server named it. */
  fieldError(name: string): string | undefined {
    const pointer = name.startsWith("/") ? name : `/${name}`;
    return this.errors.find((e) => e.pointer === pointer || e.pointer === `/body${pointer}`)
      ?.detail;
  }
}

const KNOWN = new Set(["type", "title", "status", "code", "detail", "instance", "errors"]);

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asFields(value: unknown): ProblemField[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const field = entry as Record<string, unknown>;
    return [
      {
        pointer: asText(field.pointer),
        code: asText(field.code),
        detail: asText(field.detail),
      },
    ];
  });
}

/** Reads a failed response. Never throws: a proxy's HTML page becomes a plain problem. */
export async function readProblem(response: Response): Promise<ProblemError> {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // Not JSON: the status alone has to say it.
  }
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ProblemError({
    status: response.status,
    code: asText(body.code) || `http.${response.status}`,
    title: asText(body.title) || response.statusText || `HTTP ${response.status}`,
    detail: asText(body.detail),
    errors: asFields(body.errors),
    extra: Object.fromEntries(Object.entries(body).filter(([key]) => !KNOWN.has(key))),
    retryAfterS: Number.isFinite(retryAfter) ? retryAfter : null,
  });
}

/** Narrows anything caught to a ProblemError, so that callers need one branch only. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ProblemError({
      status: 0,
      code: "network.timeout",
      title: "The server took too long.",
    });
  }
  if (error instanceof TypeError) {
    return new ProblemError({
      status: 0,
      code: "network.offline",
      title: "The server can't be reached.",
    });
  }
  return new ProblemError({
    status: 0,
    code: "client.unexpected",
    title: "Something went wrong.",
    detail: error instanceof Error ? error.message : "",
  });
}
