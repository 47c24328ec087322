import { client } from "@/lib/api/client";
import { ProblemError } from "@/lib/api/problem";

const TUS = "1.0.0";
const PIECE = 4 * 1024 * 1024;
const TRIES = 3;
const PATIENCE_MS = 60_000;
const LOOK_MS = 300;

function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

async function create(file: File): Promise<string> {
  const { data } = await client.POST("/api/v1/uploads", {
    params: {
      header: {
        "upload-length": String(file.size),
        "upload-metadata": `filename ${base64(file.name)}`,
        "tus-resumable": TUS,
      },
    },
  });
  if (!data) throw new Error("no upload");
  return data.id;
}

/** Sends one piece; the answer says how far the server has come. */
async function send(id: string, file: File, offset: number): Promise<number> {
  const { response } = await client.PATCH("/api/v1/uploads/{upload_id}", {
    params: {
      path: { upload_id: id },
      header: { "upload-offset": String(offset), "tus-resumable": TUS },
    },
    headers: { "Content-Type": "application/offset+octet-stream" },
    body: file.slice(offset, offset + PIECE) as unknown as never,
    bodySerializer: (body: unknown) => body as Blob,
  });
  return Number(response.headers.get("Upload-Offset"));
}

async function read(id: string) {
  const { data } = await client.GET("/api/v1/uploads/{upload_id}", {
    params: { path: { upload_id: id } },
  });
  if (!data) throw new Error("no upload");
  return data;
}

/** Whether it may go on where the server is: the network was away, or a piece came twice. */
const isPassing = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 0 || error.status === 409);

/** Brings a file up by the tus protocol, piece by piece; the answer is the id of the file. */
export async function upload(file: File, onProgress: (share: number) => void): Promise<string> {
  const id = await create(file);
  await sendFrom(0, { id, file, onProgress });
  return fileOf(id, Date.now() + PATIENCE_MS);
}

interface Running {
  id: string;
  file: File;
  onProgress: (share: number) => void;
}

async function sendFrom(offset: number, running: Running, faults = 0): Promise<void> {
  const { id, file, onProgress } = running;
  if (offset >= file.size) return;
  let next: number;
  try {
    next = await send(id, file, offset);
  } catch (error) {
    if (faults + 1 >= TRIES || !isPassing(error)) throw error;
    const known = await read(id);
    await sendFrom(known.offset, running, faults + 1);
    return;
  }
  onProgress(next / file.size);
  await sendFrom(next, running);
}

/** The file that an upload became; large ones are put together for a moment. */
async function fileOf(id: string, until: number): Promise<string> {
  const { file_id, state, problem } = await read(id);
  if (file_id) return file_id;
  if (state === "failed") throw new Error(problem ?? "failed");
  if (Date.now() > until) throw new Error("late");
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return fileOf(id, until);
}
