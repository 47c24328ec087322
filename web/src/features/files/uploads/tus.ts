import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { ProblemError } from "@/lib/api/problem";
import { keeper, useSession } from "@/lib/session/session";
import type { Visibility } from "../model";

/** Where a new file goes, or whose new version it is. */
export interface Target {
  folderId: string | null;
  visibility: Visibility;
  replaces?: string;
}

/** An upload as the server has it. */
export interface UploadState {
  id: string;
  offset: number;
  fileId: string | null;
  /** A code, once it has failed for good. */
  problem: string | null;
}

/** What the queue needs of the server; tests bring their own. */
export interface UploadPort {
  create: (
    name: string,
    length: number,
    target: Target,
    signal: AbortSignal,
  ) => Promise<UploadState>;
  look: (id: string, signal: AbortSignal) => Promise<UploadState>;
  /** Sends bytes to an offset; `onProgress` counts those that have left. */
  send: (
    id: string,
    offset: number,
    bytes: Blob,
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  remove: (id: string) => Promise<void>;
  /** What a virus scan says of the newest version of a file. */
  scanOf: (fileId: string) => Promise<string>;
}

const TUS = "1.0.0";
const UPLOAD = "/api/v1/uploads/{upload_id}";
const SILENT_MS = 45_000;

type Wire = { id: string; offset: number; file_id?: string | null; problem?: string | null };

function stateOf({ id, offset, file_id, problem }: Wire): UploadState {
  return { id, offset, fileId: file_id ?? null, problem: problem ?? null };
}

/** Pairs of a key and its value in base64, parted by commas. */
export function metadataOf(name: string, target: Target): string {
  const pairs: [string, string][] = [
    ["filename", name],
    ["visibility", target.visibility],
    ...(target.folderId ? [["folder_id", target.folderId] as [string, string]] : []),
    ...(target.replaces ? [["replaces", target.replaces] as [string, string]] : []),
  ];
  return pairs.map(([key, value]) => `${key} ${base64(value)}`).join(",");
}

function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** The problem that an answer of XMLHttpRequest carries. */
function problemOf(request: XMLHttpRequest): ProblemError {
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(request.responseText) as Record<string, unknown>;
  } catch {
    // Not JSON: the status alone has to say it.
  }
  const wait = Number(request.getResponseHeader("Retry-After") ?? Number.NaN);
  return new ProblemError({
    status: request.status,
    code: text(body.code) || `http.${request.status}`,
    title: text(body.title) || `HTTP ${request.status}`,
    detail: text(body.detail),
    retryAfterS: Number.isFinite(wait) ? wait : null,
  });
}

function lost(): ProblemError {
  return new ProblemError({ status: 0, code: "network.offline", title: "The connection broke." });
}

/** By XMLHttpRequest, for fetch tells nothing of how much has left. */
function patch(
  request: XMLHttpRequest,
  bytes: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(() => request.abort(), SILENT_MS);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), SILENT_MS);
    };
    const end = (work: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      work();
    };
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    request.upload.addEventListener("progress", ({ loaded }) => {
      heard();
      onProgress(loaded);
    });
    request.addEventListener("load", () =>
      end(() => (request.status < 300 ? resolve() : reject(problemOf(request)))),
    );
    request.addEventListener("error", () => end(() => reject(lost())));
    request.addEventListener("abort", () => end(() => reject(lost())));
    request.send(bytes);
  });
}

async function send(
  id: string,
  offset: number,
  bytes: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const token = await keeper.token();
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  request.open("PATCH", `/api/v1/uploads/${id}`);
  const session = useSession.getState();
  const headers: Record<string, string | null> = {
    "Tus-Resumable": TUS,
    "Upload-Offset": String(offset),
    "Content-Type": "application/offset+octet-stream",
    Accept: "application/problem+json",
    Authorization: token && `Bearer ${token}`,
    "Vectal-Workspace": session.status === "signed-in" ? session.workspaceId : null,
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value) request.setRequestHeader(name, value);
  }
  try {
    await patch(request, bytes, onProgress, signal);
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) await keeper.renew(token);
    throw error;
  }
}

/** The server's uploads, by tus 1.0. */
export const tus: UploadPort = {
  create: async (name, length, target, signal) =>
    stateOf(
      await bodyOf(
        client.POST("/api/v1/uploads", {
          params: {
            header: {
              "upload-length": String(length),
              "upload-metadata": metadataOf(name, target),
              "tus-resumable": TUS,
            },
          },
          signal,
        }),
      ),
    ),
  look: async (id, signal) =>
    stateOf(await bodyOf(client.GET(UPLOAD, { params: { path: { upload_id: id } }, signal }))),
  send,
  remove: async (id) => {
    await client.DELETE(UPLOAD, {
      params: { path: { upload_id: id }, header: { "tus-resumable": TUS } },
    });
  },
  scanOf: async (fileId) =>
    (await bodyOf(client.GET("/api/v1/files/{file_id}", { params: { path: { file_id: fileId } } })))
      .scan,
};
