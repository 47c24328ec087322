import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { PropsWithChildren } from "react";
import { expect, it } from "vitest";
import { useWhole } from "./whole-list";

function Wrapper({ children }: PropsWithChildren) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

it("reads page after page, and says when all is there", async () => {
  const asked: unknown[] = [];
  const load = async (query: { limit: number; cursor?: string }) => {
    asked.push(query.cursor);
    const at = Number(query.cursor ?? 0);
    return { items: [at], next_cursor: at < 3 ? String(at + 1) : null };
  };
  const { result } = renderHook(() => useWhole(["numbers"], true, load), { wrapper: Wrapper });
  expect(result.current.loading).toBe(true);
  await waitFor(() => expect(result.current.loading).toBe(false));
  expect(result.current.items).toEqual([0, 1, 2, 3]);
  expect(asked).toEqual([undefined, "1", "2", "3"]);
});

it("stops at a page that fails, keeps what it has, and tells why", async () => {
  const load = async ({ cursor }: { cursor?: string }) => {
    if (cursor) throw new Error("away");
    return { items: ["first"], next_cursor: "second" };
  };
  const { result } = renderHook(() => useWhole(["letters"], true, load), { wrapper: Wrapper });
  await waitFor(() => expect(result.current.error?.message).toBe("away"));
  expect(result.current.items).toEqual(["first"]);
  expect(result.current.loading).toBe(false);
});
