import { insist } from "@/lib/lazy-part";

interface ToastOptions {
  description?: string;
  action?: { label: string; onClick: () => void };
  /** The same id replaces the toast instead of adding one. */
  id?: string;
  durationMs?: number;
}

function options({ durationMs, ...rest }: ToastOptions) {
  return { ...rest, ...(durationMs === undefined ? {} : { duration: durationMs }) };
}

type Kind = "message" | "success" | "error";

// The library is fetched with the first toast: no page needs it to show itself.
const library = () => insist(() => import("sonner"));

function show(kind: Kind, title: string, more: ToastOptions): void {
  void library().then(({ toast: sonner }) => sonner[kind](title, options(more)));
}

/** Short news at the edge of the screen. Nothing that must be read may stand only here. */
export const toast = {
  show: (title: string, more: ToastOptions = {}) => show("message", title, more),
  success: (title: string, more: ToastOptions = {}) => show("success", title, more),
  error: (title: string, more: ToastOptions = {}) =>
    show("error", title, { durationMs: 8000, ...more }),
  dismiss: (id?: string) => void library().then(({ toast: sonner }) => sonner.dismiss(id)),
};
