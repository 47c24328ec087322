import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { Dialog } from "./dialog";
import { isDialogOpen } from "./is-dialog-open";

it("tells of a dialog for as long as it is open", () => {
  const dialog = (open: boolean) => (
    <Dialog open={open} onOpenChange={() => undefined} title="Rename">
      <input aria-label="Name" />
    </Dialog>
  );
  const { rerender } = render(dialog(false));
  expect(isDialogOpen()).toBe(false);
  rerender(dialog(true));
  expect(isDialogOpen()).toBe(true);
  rerender(dialog(false));
  expect(isDialogOpen()).toBe(false);
});
