import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { live, useConnection } from "@/lib/socket/live";
import type { ChannelHandlers } from "@/lib/socket/subscription";
import { useFallbackPoll, useLiveCalls } from "./live-calls";

function listen() {
  let handlers: ChannelHandlers | null = null;
  vi.spyOn(live, "subscribe").mockImplementation((_channel, _after, given) => {
    handlers = given;
    return () => undefined;
  });
  const queries = new QueryClient();
  const asked = vi.spyOn(queries, "invalidateQueries");
  const view = renderHook(
    () => {
      useLiveCalls();
      return useFallbackPoll().refetchInterval;
    },
    {
      wrapper: ({ children }) => (
        <QueryClientProvider client={queries}>{children}</QueryClientProvider>
      ),
    },
  );
  const server = () => {
    if (!handlers) throw new Error("nobody listens");
    return handlers;
  };
  return { view, asked, server };
}

afterEach(() => useConnection.setState({ status: "closed", lost: false }));

describe("the page of usage", () => {
  it("polls until the channel is open, and again when the socket is lost", () => {
    const { view, server } = listen();
    act(() => useConnection.setState({ status: "ready" }));
    expect(view.result.current).toBeGreaterThan(0);
    act(() => server().onSubscribed?.());
    expect(view.result.current).toBe(false);
    act(() => useConnection.setState({ status: "connecting" }));
    expect(view.result.current).toBeGreaterThan(0);
  });

  it("goes on polling where the channel is refused", () => {
    const { view, server } = listen();
    act(() => useConnection.setState({ status: "ready" }));
    act(() => server().onError?.("realtime.unknown_channel", ""));
    expect(view.result.current).toBeGreaterThan(0);
  });

  it("asks again for what follows from calls, and for nothing on other news", () => {
    const { asked, server } = listen();
    const news = (event: string) =>
      server().onUpdate({ type: "update", channel: "calls", id: "1", event, data: {} });
    act(() => news("something.else"));
    expect(asked).not.toHaveBeenCalled();
    act(() => news("ai.calls_changed"));
    const keys = asked.mock.calls.map(([filters]) => filters?.queryKey?.join(" "));
    expect(keys).toContain("usage calls");
    expect(keys).toContain("get /api/v1/ai/health");
  });
});
