import type { Locator, Page } from "@playwright/test";
import type { Stage } from "./stage.ts";
import { expect, inspect, test } from "./test.ts";

/** One page: where it is, the name of its screenshots, and what shows that its content is there. */
interface Place {
  name: string;
  path: string;
  ready: (main: Locator) => Locator;
}

const text =
  (words: string) =>
  (main: Locator): Locator =>
    main.getByText(words, { exact: true }).first();

/** What stands beside a page comes a moment after it. */
async function waitForTheSides(page: Page): Promise<void> {
  const chat = page.getByRole("complementary", { name: "Chat" });
  if ((await chat.count()) === 0) return;
  await expect(chat.getByRole("textbox")).toBeVisible();
  const projects = page.getByRole("region", { name: "Projects" });
  await expect(projects.getByRole("link")).toHaveCount(4);
}

async function visit(page: Page, { name, path, ready }: Place): Promise<void> {
  await test.step(name, async () => {
    await page.goto(path);
    await expect(ready(page.getByRole("main"))).toBeVisible();
    await waitForTheSides(page);
    await inspect(page, name);
  });
}

function taskPlaces({ projectId, taskId }: Stage): Place[] {
  return [
    { name: "today", path: "/today", ready: text("Renew the passport") },
    { name: "inbox", path: "/inbox", ready: text("Call grandmother") },
    { name: "list", path: `/p/${projectId}?view=list`, ready: text("Order the tiles") },
    { name: "board", path: `/p/${projectId}?view=board`, ready: text("Find a plumber") },
    { name: "task-page", path: `/task/${taskId}`, ready: text("From a proposal") },
  ];
}

const SETTINGS: Place[] = [
  { name: "profile", path: "/settings/profile", ready: text("Change the password") },
  { name: "preferences", path: "/settings/preferences", ready: text("Chat beside the page") },
  { name: "sessions", path: "/settings/sessions", ready: text("This device") },
  { name: "keys", path: "/settings/keys", ready: text("Backup at night") },
  { name: "providers", path: "/settings/providers", ready: text("The machine in the cellar") },
  { name: "routing", path: "/settings/routing", ready: text("house-model") },
  { name: "guardrails", path: "/settings/ai", ready: text("Guardrails") },
  { name: "workflows", path: "/settings/workflows", ready: text("Order lunch") },
  { name: "approvals", path: "/settings/approvals", ready: text("Calculate") },
  { name: "member-keys", path: "/settings/member-keys", ready: text("Backup at night") },
  {
    name: "notification-settings",
    path: "/settings/notifications",
    ready: text("A run has failed"),
  },
  { name: "members", path: "/settings/members", ready: text("Charles Babbage") },
];

/** The tests of every page, for the window that the spec's project has. */
export function testPages(): void {
  test("the pages before sign-in", async ({ page, stage }) => {
    await visit(page, {
      name: "login",
      path: "/login",
      ready: (main) => main.getByLabel("E-mail"),
    });
    await visit(page, {
      name: "invitation",
      path: stage.invitation,
      ready: text("You are invited to Willow Street."),
    });
  });

  test("the pages of tasks", async ({ home, stage }) => {
    for (const place of taskPlaces(stage)) await visit(home, place);
    await home.goto(`/p/${stage.projectId}?view=list&task=${stage.taskId}`);
    await expect(
      text("From a proposal")(home.getByRole("dialog", { name: "Task" })),
    ).toBeAttached();
    await inspect(home, "task");
  });

  test("the page of a conversation with a proposal", async ({ home, stage }) => {
    await visit(home, {
      name: "conversation",
      path: `/chat/${stage.conversationId}`,
      ready: (main) => main.getByRole("button", { name: /^Accept all/ }),
    });
  });

  test("the pages of the settings", async ({ home }) => {
    for (const place of SETTINGS) await visit(home, place);
  });

  test("the pages of files", async ({ home, stage }) => {
    const { fileId, notesId, tornId } = stage;
    await visit(home, { name: "files", path: "/files", ready: text("Quote of the joiner.pdf") });
    await home.getByRole("radio", { name: "Grid" }).click();
    await expect(home.locator("main img").first()).toBeVisible();
    await inspect(home, "files-grid");
    await home.getByRole("radio", { name: "List" }).click();
    await home.getByRole("searchbox", { name: "Search in files" }).fill("how long is the notice");
    const passages = home.getByRole("list", { name: "In the text" });
    await expect(passages.getByRole("link").first()).toContainText("Lease");
    await inspect(home, "files-search");
    await visit(home, { name: "files-trash", path: "/files?trash=true", ready: text("Trash") });
    await home.goto(`/files/${fileId}?version=1&page=2&start=8&end=80`);
    await expect(home.getByTestId("mark").first()).toBeVisible();
    await inspect(home, "viewer");
    await visit(home, {
      name: "viewer-torn",
      path: `/files/${tornId}`,
      ready: text("This page can’t be shown as a picture."),
    });
    await home.goto(`/files/${notesId}?version=1&page=1&start=22&end=60`);
    await expect(home.getByTestId("mark")).toBeVisible();
    await inspect(home, "viewer-text");
    const details = home.getByRole("complementary", { name: "Details" });
    if ((await details.count()) === 0) {
      await home.getByRole("button", { name: "Details" }).click();
      await expect(home.getByRole("dialog", { name: "Details" })).toBeVisible();
      await inspect(home, "viewer-details");
    }
  });

  test("the pages of agents", async ({ home, stage }) => {
    const { runId } = stage;
    await visit(home, {
      name: "runs",
      path: "/runs",
      ready: text("Look at my open tasks and add what is missing for the summer party."),
    });
    await visit(home, {
      name: "run",
      path: `/runs/${runId}`,
      ready: (main) => main.getByRole("button", { name: /^Accept(?: all \d+)?$/ }),
    });
  });

  test("the page of schedules", async ({ home }) => {
    await visit(home, {
      name: "schedules-empty",
      path: "/runs/schedules",
      ready: text("Let an agent begin by itself"),
    });
    await home.getByRole("button", { name: "New schedule" }).first().click();
    const dialog = home.getByRole("dialog", { name: "New schedule" });
    const next = dialog.getByRole("region", { name: "The next five times" });
    await expect(next.getByRole("listitem")).toHaveCount(5);
    await inspect(home, "schedules-new");
    await home.keyboard.press("Escape");
    await visit(home, {
      name: "triggers-empty",
      path: "/runs/schedules?show=triggers",
      ready: text("Begin a run when something happens"),
    });
  });

  test("the pages of presets and memory", async ({ home }) => {
    await visit(home, { name: "presets", path: "/runs/presets", ready: text("Plan a trip") });
    await visit(home, {
      name: "memories",
      path: "/memories",
      ready: text("The team meets on Tuesdays at ten."),
    });
  });

  test("the pages of research", async ({ home, stage }) => {
    await visit(home, {
      name: "researches",
      path: "/research",
      ready: (main) => main.getByRole("link", { name: /tidal power/ }),
    });
    await visit(home, {
      name: "research",
      path: `/research/${stage.researchId}`,
      ready: (main) => main.getByRole("region", { name: "Sources" }),
    });
    await home.getByRole("region", { name: "How it was made" }).scrollIntoViewIfNeeded();
    await inspect(home, "research-sources");
  });

  test("the page of usage", async ({ home }) => {
    await visit(home, {
      name: "usage-page",
      path: "/usage",
      ready: (main) => main.getByRole("list", { name: "Calls, newest first" }),
    });
    await home.getByRole("heading", { name: "Recent calls" }).scrollIntoViewIfNeeded();
    await inspect(home, "usage-page-calls");
    await home
      .getByRole("list", { name: "Calls, newest first" })
      .getByRole("button")
      .first()
      .click();
    await expect(home.getByRole("dialog", { name: /^Call to/ })).toBeVisible();
    await inspect(home, "usage-page-call");
  });

  test("a page that isn't there", async ({ home }) => {
    await visit(home, {
      name: "not-found",
      path: "/no/such/page",
      ready: text("There’s nothing here"),
    });
  });
}
