import type { Status, Task } from "./model";

/** Where a card goes: its column, and the neighbour it stands below (null: on top). */
export interface Move {
  status: Status;
  after: string | null;
}

/** The spot of a drop: before or after the card under it, or the end of the column. */
export function placeOf(
  status: Status,
  column: readonly Task[],
  movedId: string,
  overId: string | undefined,
  below: boolean,
): Move {
  const rest = column.filter((task) => task.id !== movedId);
  const at = rest.findIndex((task) => task.id === overId);
  if (at < 0) return { status, after: rest.at(-1)?.id ?? null };
  return { status, after: (below ? rest[at] : rest[at - 1])?.id ?? null };
}

/** One step up or down; null at the ends. */
export function stepWithin(column: readonly Task[], task: Task, by: number): Move | null {
  const at = column.findIndex((each) => each.id === task.id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= column.length) return null;
  const rest = column.filter((each) => each.id !== task.id);
  return { status: task.status, after: rest[to - 1]?.id ?? null };
}

/** To the top of the column beside; null at the edge of the board. */
export function stepAside(columns: readonly Status[], task: Task, by: number): Move | null {
  const status = columns[columns.indexOf(task.status) + by];
  return status ? { status, after: null } : null;
}
