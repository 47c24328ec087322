import type { Move } from "./board-moves";
import { calls } from "./calls";
import type { Task, TaskFields } from "./model";

interface Running {
  /** The versions that the screen may show meanwhile: where the changes began, and what each made. */
  versions: Set<number>;
  done: Promise<Task>;
}

const running = new Map<string, Running>();

/** Sends one write of a task after the one before it. Only a write made on our own changes inherits their version. */
function inTurn(task: Task, send: (version: number) => Promise<Task>): Promise<Task> {
  const before = running.get(task.id);
  const own = new Set([task.version]);
  const go = async (): Promise<Task> => {
    // Not earlier: of a change of ours the socket may tell before its own answer is here.
    if (before?.versions.has(task.version)) entry.versions = before.versions;
    const now = await send(Math.max(...entry.versions));
    entry.versions.add(now.version);
    return now;
  };
  const done = (before?.done ?? Promise.resolve()).then(go, go);
  const entry: Running = { versions: own, done };
  running.set(task.id, entry);
  const forget = () => {
    if (running.get(task.id) === entry) running.delete(task.id);
  };
  done.then(forget, forget);
  return done;
}

/** Whether a change of ours is still on its way: what the server says of the task meanwhile is older. */
export function isWriting(taskId: string): boolean {
  return running.has(taskId);
}

/**
 * Changes a task. What is on screen runs ahead of the server, so a second key press comes with the
 * version of the first: it waits for the first, and goes on from what that made.
 */
export function sendChange(task: Task, fields: TaskFields): Promise<Task> {
  return inTurn(task, (version) => calls.changeTask(task.id, version, fields));
}

export function sendMove(task: Task, to: Move): Promise<Task> {
  return inTurn(task, () => calls.moveTask(task.id, to));
}
