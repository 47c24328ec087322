import { expect, it } from "vitest";
import { changeOf, FIRST_SCHEMA, isName, newTool, readSchema, written } from "./draft";
import type { WorkflowTool } from "./queries";

const BASE = "http://n8n:5678/webhook/";
const stored: WorkflowTool = {
  id: "01990000-0000-7000-8000-000000000001",
  name: "order_lunch",
  tool_name: "n8n_order_lunch",
  title: "Order lunch",
  description: "Orders it.",
  input_schema: { type: "object" },
  webhook_path: "team/lunch",
  is_enabled: true,
  created_at: "2026-01-02T03:04:05Z",
  updated_at: "2026-01-02T03:04:05Z",
};

function form(fields: Record<string, string>): FormData {
  const values = new FormData();
  for (const [name, value] of Object.entries(fields)) values.set(name, value);
  return values;
}

it("reads a schema, and says why another text is none", () => {
  expect(readSchema(written(FIRST_SCHEMA))).toEqual({ schema: FIRST_SCHEMA });
  for (const typed of ["[]", "null", "3", '"object"']) {
    expect(readSchema(typed)).toEqual({ why: null });
  }
  for (const typed of ["", "{", '{"type": object}']) {
    expect(readSchema(typed)).toEqual({ why: expect.stringMatching(/.+/) });
  }
});

it("knows the names that the server takes", () => {
  for (const name of ["a", "order_lunch", "v2", "a".repeat(40)]) expect(isName(name)).toBe(true);
  for (const name of ["", "2v", "_a", "Order", "order-lunch", "a b", "a".repeat(41)]) {
    expect(isName(name)).toBe(false);
  }
});

it("makes a new one that is on, and keeps the passphrase as it was typed", () => {
  const fields = {
    name: " order_lunch ",
    title: " Order lunch",
    description: "Orders it.\n",
    webhook_url: ` ${BASE}lunch `,
    secret: " spaces count, too ",
  };
  expect(newTool(form(fields), FIRST_SCHEMA)).toEqual({
    name: "order_lunch",
    title: "Order lunch",
    description: "Orders it.",
    input_schema: FIRST_SCHEMA,
    webhook_url: `${BASE}lunch`,
    secret: " spaces count, too ",
    is_enabled: true,
  });
});

it("sends an address and a passphrase only when they are others", () => {
  const plain = { title: "Lunch", description: "Orders it." };
  const same = form({ ...plain, webhook_url: `${BASE}team/lunch`, secret: "" });
  expect(changeOf(stored, BASE, same, FIRST_SCHEMA)).toEqual({
    ...plain,
    input_schema: FIRST_SCHEMA,
  });
  const other = form({ ...plain, webhook_url: `${BASE}lunch`, secret: "another passphrase" });
  expect(changeOf(stored, BASE, other, FIRST_SCHEMA)).toMatchObject({
    webhook_url: `${BASE}lunch`,
    secret: "another passphrase",
  });
  // Without n8n the form has no field for an address.
  expect(changeOf(stored, null, form(plain), FIRST_SCHEMA)).not.toHaveProperty("webhook_url");
});
