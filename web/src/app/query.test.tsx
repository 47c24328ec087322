import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useConnection } from "@/lib/socket/live";
import { queryClient } from "./query";

afterEach(() => {
  queryClient.clear();
  useConnection.setState({ status: "closed", lost: false });
});

let away = true;
let asked = 0;

function Shown() {
  const { data, error } = useQuery({
    queryKey: ["a page"],
    queryFn: () => {
      asked += 1;
      return away ? Promise.reject(new Error("away")) : Promise.resolve("Here it is");
    },
  });
  return <p>{error ? "It can't be reached" : data}</p>;
}

it("asks again for what failed as soon as the server is back, and for nothing else", async () => {
  useConnection.setState({ status: "connecting", lost: true });
  render(
    <QueryClientProvider client={queryClient}>
      <Shown />
    </QueryClientProvider>,
  );
  await screen.findByText("It can't be reached");
  away = false;
  act(() => useConnection.setState({ status: "ready", lost: false }));
  await screen.findByText("Here it is");
  act(() => useConnection.setState({ status: "connecting", lost: true }));
  act(() => useConnection.setState({ status: "ready", lost: false }));
  expect(asked).toBe(2);
});
