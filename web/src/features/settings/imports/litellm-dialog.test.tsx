import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { LiteLlmDialog } from "./litellm-dialog";
import type { ImportReport } from "./model";

const report: ImportReport = {
  providers: [
    {
      name: "openai",
      kind: "openai",
      address: "https://api.openai.com",
      models: ["gpt-6.1-sol", "text-embedding-3-small"],
      key: "missing",
      reference: "HOUSE_KEY",
      outcome: "made_disabled",
      detail: "HOUSE_KEY is not set; enter its key and enable it",
    },
  ],
  references: [
    { name: "HOUSE_KEY", wanted: "key", missing: true },
    { name: "OUR_BASE", wanted: "address", missing: true },
  ],
  aliases: [{ name: "house", model: "gpt-6.1-sol" }],
  fallbacks: [{ name: "house", models: ["quick"] }],
  ignored: [
    { place: "general_settings.master_key", reason: "make keys with `vectal keys create`" },
  ],
  dry_run: true,
};

interface Sent {
  config: string;
  keys: Record<string, string>;
  dry_run: boolean;
}

function open(answer: (sent: Sent) => Response) {
  const sent: Sent[] = [];
  const imported = vi.fn<() => void>();
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = (await request.json()) as Sent;
    sent.push(body);
    return answer(body);
  });
  render(
    <Suspense>
      <LiteLlmDialog onClose={() => undefined} onImported={imported} />
    </Suspense>,
  );
  return { sent, imported };
}

function json(body: object, status = 200): Response {
  const kind = status === 200 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": kind } });
}

async function check(text: string): Promise<void> {
  const field = await screen.findByLabelText("config.yaml");
  fireEvent.change(field, { target: { value: text } });
  fireEvent.click(screen.getByRole("button", { name: "Check" }));
}

afterEach(() => vi.unstubAllGlobals());

it("checks, takes the keys that are wanted, and imports", async () => {
  const { sent, imported } = open((body) => json({ ...report, dry_run: body.dry_run }));
  await check("model_list: []");
  const table = await screen.findByRole("table", { name: "Providers" });
  expect(sent).toEqual([{ config: "model_list: []", keys: {}, dry_run: true }]);
  expect(within(table).getByText("https://api.openai.com")).toBeDefined();
  expect(within(table).getByText("HOUSE_KEY is missing")).toBeDefined();
  expect(document.activeElement?.textContent).toBe("What will happen");
  expect(screen.getByText("general_settings.master_key")).toBeDefined();

  const key = screen.getByLabelText<HTMLInputElement>("HOUSE_KEY");
  expect(key.type).toBe("password");
  fireEvent.change(key, { target: { value: " sk-1 " } });
  expect(within(table).getByText("Will be made")).toBeDefined();
  expect(within(table).getByText("HOUSE_KEY goes there")).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Import" }));
  await screen.findByText("What was taken over");
  expect(sent[1]).toEqual({
    config: "model_list: []",
    keys: { HOUSE_KEY: "sk-1" },
    dry_run: false,
  });
  expect(imported).toHaveBeenCalledOnce();
  expect(screen.getByText("Enter the key of openai under Edit, then switch it on.")).toBeDefined();
  expect(screen.queryByLabelText("HOUSE_KEY")).toBeNull();
});

it("imports no key to an address that was not checked", async () => {
  const { sent } = open(() => json(report));
  await check("model_list: []");
  const address = await screen.findByLabelText<HTMLInputElement>("OUR_BASE");
  expect(address.type).toBe("text");
  fireEvent.change(address, { target: { value: "https://ours.test/v1" } });
  const button = screen.getByRole<HTMLButtonElement>("button", { name: "Import" });
  expect(button.disabled).toBe(true);
  expect(screen.getByText(/An address has changed/)).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Check again" }));
  await waitFor(() => expect(screen.queryByText(/An address has changed/)).toBeNull());
  expect(sent[1]).toMatchObject({ keys: { OUR_BASE: "https://ours.test/v1" }, dry_run: true });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Import" }).disabled).toBe(false);
});

it("says at the file where the mistake is, and marks the line", async () => {
  const detail = "The file is no YAML: mapping values are not allowed, in line 2, column 4";
  open(() =>
    json(
      {
        status: 422,
        code: "ai.import_refused",
        title: "This file can't be imported",
        detail,
        line: 2,
        column: 4,
        errors: [{ pointer: "/config", code: "ai.import_refused", detail }],
      },
      422,
    ),
  );
  await check("model_list:\n  a: b: c\n");
  const field = await screen.findByLabelText<HTMLTextAreaElement>("config.yaml");
  await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
  expect(screen.getByText(detail)).toBeDefined();
  expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("  a: b: c");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("says at a key what is wrong with it", async () => {
  const detail = "must be at most 500 plain characters without spaces";
  open((body) =>
    body.dry_run
      ? json(report)
      : json(
          {
            status: 422,
            code: "invalid_input",
            title: "The request can't be taken as it is",
            errors: [{ pointer: "/keys/HOUSE_KEY", code: "value_error", detail }],
          },
          422,
        ),
  );
  await check("model_list: []");
  fireEvent.change(await screen.findByLabelText("HOUSE_KEY"), { target: { value: "a b" } });
  fireEvent.click(screen.getByRole("button", { name: "Import" }));
  expect(await screen.findByText(detail)).toBeDefined();
  expect(screen.getByLabelText("HOUSE_KEY").getAttribute("aria-invalid")).toBe("true");
});

it("takes a file that is chosen, and none that is too large", async () => {
  open(() => json(report));
  const picker = await screen.findByLabelText("Choose a file");
  const choose = (file: File) => fireEvent.change(picker, { target: { files: [file] } });
  choose(new File(["a".repeat(256 * 1024 + 1)], "config.yaml"));
  expect(await screen.findByText("The file has more than 256 KiB.")).toBeDefined();
  choose(new File(["model_list: [1]"], "config.yaml"));
  const field = screen.getByLabelText<HTMLTextAreaElement>("config.yaml");
  await waitFor(() => expect(field.value).toBe("model_list: [1]"));
  expect(screen.queryByText("The file has more than 256 KiB.")).toBeNull();
});
