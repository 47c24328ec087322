import type { Move } from "./board-moves";
import { calls } from "./calls";
import type { Task, TaskFields } from "./model";

interface Running {
  /** The version that the running change was made on. */
  base: number;
  done: Promise<Task>;
}

const running = new Map<string, Running>();

/** Sends one write of a task after the one before it. Only a write made on the same state inherits its version. */
function inTurn(task: Task, send: (version: number) => Promise<Task>): Promise<Task> {
  const before = running.get(task.id);
  const version = before
    ? before.done.then(
        (now) => (before.base === task.version ? now.version : task.version),
        () => task.version,
      )
    : Promise.resolve(task.version);
  const entry: Running = { base: task.version, done: version.then(send) };
  running.set(task.id, entry);
  const forget = () => {
    if (running.get(task.id) === entry) running.delete(task.id);
  };
  entry.done.then(forget, forget);
  return entry.done;
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
