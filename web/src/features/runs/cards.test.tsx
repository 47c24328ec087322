import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";
import { loadStrings } from "@/lib/i18n/i18n";
import { ApprovalCard, DoubtCard, QuestionCard, ReviewCard } from "./cards";

const APPROVAL = {
  id: "a1",
  callId: "c1",
  tool: "send_mail",
  title: "Send a mail",
  arguments: { to: "ines@example.com" },
  raw: '{"to": "ines@example.com"}',
  why: "It leaves the house.",
  expiresAt: "2026-11-29T12:00:00Z",
  sha256: "0".repeat(64),
};
const CALL = {
  id: "c1",
  tool: "send_mail",
  title: "Send a mail",
  arguments: null,
  raw: "not json",
  effect: "unsafe",
  ok: null,
  summary: "",
  content: "",
  changesetId: null,
  refused: false,
};

const button = (name: string) => screen.getByRole("button", { name });

describe("what a run asks a person", () => {
  beforeAll(() => loadStrings("runs", "usage"));

  it("shows the exact call, and takes the decision with its note", async () => {
    const decided: unknown[] = [];
    render(
      <ApprovalCard approval={APPROVAL} busy={false} onDecide={(...how) => decided.push(how)} />,
    );
    expect(screen.getByText(/"to": "ines@example.com"/)).toBeTruthy();
    expect(screen.getByText("It leaves the house.")).toBeTruthy();
    expect(screen.getByText(APPROVAL.tool)).toBeTruthy();
    await userEvent.type(screen.getByRole("textbox"), " Not today ");
    await userEvent.click(button("Deny"));
    await userEvent.click(button("Approve"));
    expect(decided).toEqual([
      [false, "Not today"],
      [true, "Not today"],
    ]);
  });

  it("sends no empty answer", async () => {
    const answers: string[] = [];
    render(<QuestionCard question="Which?" busy={false} onAnswer={(text) => answers.push(text)} />);
    expect(button("Answer").hasAttribute("disabled")).toBe(true);
    await userEvent.type(screen.getByRole("textbox"), "The old hall");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    expect(answers).toEqual(["The old hall"]);
  });

  it("lets a person say what became of a call, as the model wrote it", async () => {
    const settled: string[] = [];
    render(<DoubtCard call={CALL} busy={false} onSettle={(how) => settled.push(how)} />);
    expect(screen.getByText("not json")).toBeTruthy();
    await userEvent.click(button("It happened"));
    await userEvent.click(button("It did not; make it again"));
    expect(settled).toEqual(["done", "not_done"]);
  });

  it("takes a result as it is", async () => {
    let closed = 0;
    render(<ReviewCard reason="One is missing." busy={false} onClose={() => (closed += 1)} />);
    expect(screen.getByText("One is missing.")).toBeTruthy();
    await userEvent.click(button("Take it as it is"));
    expect(closed).toBe(1);
  });
});
