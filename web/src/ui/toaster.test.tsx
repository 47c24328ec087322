import { render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PHONE } from "@/lib/media";
import { Dialog } from "./dialog";
import { toast } from "./toast";
import { Toaster } from "./toaster";

let phone = true;

beforeEach(() => {
  vi.spyOn(window, "matchMedia").mockImplementation(
    (query) =>
      ({
        matches: query === PHONE && phone,
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
      }) as unknown as MediaQueryList,
  );
});
afterEach(() => toast.dismiss());

function page(open: boolean) {
  return (
    <>
      <Toaster label="Notifications" />
      <Dialog open={open} onOpenChange={() => undefined} title="A form" />
    </>
  );
}

async function place(axis: "x" | "y" = "y"): Promise<string | null | undefined> {
  const news = await screen.findByText("It is saved.");
  return news.closest("[data-sonner-toaster]")?.getAttribute(`data-${axis}-position`);
}

it("leaves the buttons of a phone's dialog uncovered", async () => {
  phone = true;
  const { rerender } = render(page(false));
  toast.success("It is saved.");
  expect(await place()).toBe("bottom");
  rerender(page(true));
  await waitFor(async () => expect(await place()).toBe("top"));
  rerender(page(false));
  await waitFor(async () => expect(await place()).toBe("bottom"));
});

it("stays at the bottom where there is room beside the dialog, and clear of sheets", async () => {
  phone = false;
  const { rerender } = render(page(false));
  toast.success("It is saved.");
  expect(await place("x")).toBe("right");
  rerender(page(true));
  await waitFor(async () => expect(await place("x")).toBe("left"));
  expect(await place()).toBe("bottom");
});
