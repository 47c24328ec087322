import { renderHook, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { usePurpose } from "./call-state";

it.each([
  ["batch", "Batch"],
  ["test", "Test of a provider"],
  ["unheard-of", "unheard-of"],
])("names what a call was for: %s", async (purpose, name) => {
  // The words are loaded when they are first wanted.
  const { result } = renderHook(usePurpose);
  await waitFor(() => expect(result.current?.(purpose)).toBe(name));
});
