import { expect } from "@playwright/test";
import { ownAddress } from "./addresses.ts";
import { type Api, adminApi, postAsNobody } from "./api.ts";
import { LEASE, pdf, png } from "./documents.ts";
import { N8N_URL } from "./server.ts";

/** A workspace as people fill it, for the tests that look at every page. */
export interface Stage {
  workspaceId: string;
  /** The path of an invitation that is still open. */
  invitation: string;
  projectId: string;
  /** A task with notes, steps, labels and a history. */
  taskId: string;
  /** A conversation with an answer and an open proposal. */
  conversationId: string;
  /** A PDF of three pages that was read. */
  fileId: string;
  /** A text that was read. */
  notesId: string;
  /** One that nobody can read. */
  tornId: string;
  /** A run of an agent that has ended with a report and a proposal. */
  runId: string;
  /** A research that has ended with a report. */
  researchId: string;
}

const DAY_MS = 86_400_000;
const TASKS = "/api/v1/tasks";
const SECRET = "a long password of a guest";

/** A day counted from today, as the local calendar has it. */
function day(distance: number): string {
  const date = new Date(Date.now() + distance * DAY_MS);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

function todayAt(hours: number, minutes: number): string {
  const date = new Date();
  date.setHours(hours, minutes, 0, 0);
  return date.toISOString();
}

async function projectsOf(api: Api): Promise<Record<"kitchen" | "lisbon" | "readers", string>> {
  const make = async (name: string, color: string) =>
    (await api.post("/api/v1/projects", { name, color })).id;
  const kitchen = await make("Kitchen", "orange");
  const lisbon = await make("Lisbon in October", "blue");
  const readers = await make("Reading group", "green");
  await make("Community garden and allotments", "teal");
  return { kitchen, lisbon, readers };
}

const NOTES = `Oak is warm, but it wants oil **twice a year**. Quartz is dear and easy.

- Depth of the counter: 62 cm
- The sink is cut out on site
- Delivery takes *three weeks*, so decide soon

See the [price list](https://example.com/worktops).`;

/** The task that shows all that a task can have; the answer is its id. */
async function worktop(api: Api, projectId: string): Promise<string> {
  const task = await api.post(TASKS, {
    title: "Choose the worktop",
    project_id: projectId,
    due_on: day(3),
    labels: ["decision", "home"],
  });
  const steps = [
    ["Compare oak and quartz", "done"],
    ["Visit the showroom in Mill Lane", "done"],
    ["Ask when they could deliver", "todo"],
    ["Measure the sink", "todo"],
  ];
  for (const [title, status] of steps) {
    await api.post(TASKS, { title, status, parent_id: task.id, project_id: projectId });
  }
  const path = `${TASKS}/${task.id}`;
  const noted = await api.patch(path, { notes: NOTES, version: (await api.get(path)).version });
  await api.patch(path, { priority: 1, status: "doing", version: noted.version });
  return task.id;
}

async function tasksOf(api: Api): Promise<Pick<Stage, "projectId" | "taskId">> {
  const { kitchen, lisbon, readers } = await projectsOf(api);
  for (const [name, color] of Object.entries({ decision: "purple", home: "teal", shop: "pink" })) {
    await api.post("/api/v1/labels", { name, color });
  }
  const taskId = await worktop(api, kitchen);
  const long =
    "Ask the electrician for a second quote, as the first one leaves out the sockets at the island";
  const tasks: object[] = [
    { title: "Paint the ceiling", project_id: kitchen, status: "doing", due_on: day(-1) },
    {
      title: "Order the tiles",
      project_id: kitchen,
      priority: 2,
      due_on: day(1),
      labels: ["shop"],
    },
    { title: long, project_id: kitchen, priority: 3, labels: ["home"] },
    { title: "Return the samples", project_id: kitchen, due_on: day(5), labels: ["shop"] },
    { title: "Find a plumber", project_id: kitchen, status: "done" },
    { title: "Empty the cupboards", project_id: kitchen, status: "done", labels: ["home"] },
    { title: "Renew the passport", project_id: lisbon, priority: 1, due_on: day(-6) },
    { title: "Book the train to Porto", project_id: lisbon, priority: 2, due_at: todayAt(17, 30) },
    { title: "Reserve a table for six", project_id: lisbon, due_on: day(9) },
    { title: "Finish “Middlemarch”, book two", project_id: readers, due_on: day(0) },
    { title: "Descale the kettle", due_on: day(0), labels: ["home"] },
    { title: "Call grandmother", priority: 2 },
    { title: "Post the parcel to Ines", due_on: day(2), priority: 3 },
    { title: "Cancel the gym before it renews itself for another year" },
    { title: "Ask Tom for the recipe" },
  ];
  for (const task of tasks) await api.post(TASKS, task);
  return { projectId: kitchen, taskId };
}

/** Says something and waits for the whole answer. */
async function say(api: Api, id: string, text: string, mode: "ask" | "act"): Promise<void> {
  const begun = await api.post(`/api/v1/conversations/${id}/turns`, { text, mode });
  await expect
    .poll(async () => (await api.get(`/api/v1/turns/${begun.turn.id}`)).turn.status)
    .toBe("completed");
}

async function chatOf(api: Api): Promise<string> {
  const begin = async (title: string) => (await api.post("/api/v1/conversations", { title })).id;
  const [older, other, accepted, shown] = [
    await begin("Words for the toast at the wedding of Ines and Tom"),
    await begin("What to read after Middlemarch"),
    await begin("A worktop by today"),
    await begin("Tiles and the rest of the week"),
  ];
  const decide = async () => {
    await say(api, accepted, "Move “Choose the worktop” to today", "act");
    // Of this conversation: a run that works meanwhile proposes something, too.
    const proposed = await api.get(`/api/v1/changesets?status=pending&conversation_id=${accepted}`);
    const path = `/api/v1/changesets/${proposed.items[0]?.id}/accept`;
    await api.post(path, {});
  };
  await Promise.all([
    say(api, older, "Say something short", "ask"),
    say(api, other, "Say something short", "ask"),
    decide(),
    say(api, shown, "What is due today?", "ask"),
  ]);
  await say(api, shown, "Break down “Order the tiles”, and add a task to call the plumber", "act");
  return shown;
}

const PLAN = `# Plan for the kitchen

The plumber comes on Tuesday at eight. The old boiler goes out first.

## Money

Oak costs 2,400 and quartz 3,900. We have put 9,000 aside, and the tiles are paid.
`;

/** Folders and files of several kinds; waits until they are read. */
async function filesOf(api: Api): Promise<Pick<Stage, "fileId" | "notesId" | "tornId">> {
  const folder = async (name: string) =>
    (await api.post("/api/v1/folders", { name, visibility: "workspace" })).id;
  await folder("Invoices");
  const contracts = await folder("Contracts");
  const store = async (name: string, bytes: Buffer, where = "visibility=workspace") =>
    (await api.send(`/api/v1/files?name=${encodeURIComponent(name)}&${where}`, bytes)).id;
  const fileId = await store("Lease of the flat in Willow Street.pdf", pdf(LEASE));
  const notesId = await store("Plan.md", Buffer.from(PLAN));
  const ids = [
    fileId,
    notesId,
    await store("Hills.png", png(960, 640), "visibility=private"),
    await store("Quote of the joiner.pdf", pdf([["Quote 4471", "Oak counter, oiled: 2,400"]])),
    await store("Meters.csv", Buffer.from("month,kWh\n1,212\n2,187\n3,160\n")),
    await store("Older lease.pdf", pdf([["Old"]]), `folder_id=${contracts}`),
  ];
  // One that no reader opens, so that it says why.
  const tornId = await store("Torn scan.pdf", Buffer.from("%PDF-1.7 and then nothing of it"));
  const over = async (id: string) =>
    (await api.get(`/api/v1/documents/${id}`).catch(() => null))?.state ?? "none";
  for (const id of ids) await expect.poll(() => over(id), { timeout: 120_000 }).toBe("indexed");
  return { fileId, notesId, tornId };
}

/** A run that has ended; the answer is its id. */
async function runOf(api: Api): Promise<string> {
  const { id } = await api.post("/api/v1/runs", {
    goal: "Look at my open tasks and add what is missing for the summer party.",
    criteria: ["A task that was missing is proposed", "The report says why"],
  });
  const state = async () => (await api.get(`/api/v1/runs/${id}`)).state;
  await expect.poll(state, { timeout: 120_000 }).toBe("succeeded");
  return id;
}

/** A research that has ended; the answer is its id. */
async function researchOf(api: Api): Promise<string> {
  const question = "How much electricity does tidal power make, and what does it cost?";
  const { id } = await api.post("/api/v1/research", { question, depth: "quick" });
  const state = async () => (await api.get(`/api/v1/research/${id}`)).state;
  await expect.poll(state, { timeout: 120_000 }).toBe("done");
  return id;
}

/** What is remembered, when runs ask, and work that is begun again and again. */
async function habitsOf(api: Api): Promise<void> {
  for (const text of [
    "Invoices go to the office in Bonn, and a copy to the tax adviser.",
    "The team meets on Tuesdays at ten.",
    "Drafts are wanted short: one page, the decision first, and no word that nobody needs.",
  ]) {
    await api.post("/api/v1/memories", { text });
  }
  await api.put("/api/v1/approval-rules", {
    everything: "policy",
    tools: { read_web_page: "always", calculate: "never" },
    ask_above_usd: "0.25",
  });
  await api.post("/api/v1/run-presets", {
    name: "Plan a trip",
    icon: "🧭",
    goal: "Plan {days} days in {city}: where we sleep, what we see, and what it costs.",
    criteria: ["It names a price for each night"],
    budget: { cost_usd: "0.5", steps: 60 },
    tools: ["list_tasks", "create_task", "read_web_page"],
    choice: { slot: "pro" },
    is_shared: true,
  });
  await api.post("/api/v1/run-presets", {
    name: "Weekly review of everything that waits for somebody else to answer",
    goal: "Look through all open tasks, and say which of them wait for an answer, and since when.",
  });
}

/** Two members and two keys; the answer is the path of an invitation that is still open. */
async function peopleOf(api: Api, id: string, run: number): Promise<string> {
  const invite = async (email: string, role: string) => {
    const { url } = await api.post(`/api/v1/workspaces/${id}/invitations`, { email, role });
    return new URL(url).searchParams.get("invitation");
  };
  const email = `charles${run}@example.com`;
  await postAsNobody(ownAddress(), "/api/v1/auth/signup", {
    email,
    password: SECRET,
    display_name: "Charles Babbage",
    timezone: "Europe/London",
    invitation_token: await invite(email, "member"),
  });
  const key = (name: string, scopes: string[], expires_at: string | null) =>
    api.post("/api/v1/api-keys", { name, scopes, expires_at });
  await key("Calendar sync", ["tasks:read", "tasks:write"], null);
  await key("Backup at night", ["tasks:read", "chat:read"], `${day(60)}T23:59:59Z`);
  return `/signup?invitation=${await invite(`mary.somerville${run}@example.com`, "viewer")}`;
}

/** Two workflows at n8n: one that runs may call, and one that is off and has long words. */
async function workflowsOf(api: Api): Promise<void> {
  const secret = "a passphrase of n8n";
  await api.post("/api/v1/workflow-tools", {
    name: "order_lunch",
    title: "Order lunch",
    description: "Orders lunch for the team. Say what and for how many.",
    input_schema: {
      type: "object",
      properties: { what: { type: "string" }, people: { type: "integer" } },
      required: ["what", "people"],
      additionalProperties: false,
    },
    webhook_url: `${N8N_URL}/webhook/order-lunch`,
    secret,
  });
  await api.post("/api/v1/workflow-tools", {
    name: "tell_the_neighbours_of_work_that_is_loud",
    title: "Tell the neighbours of work that is loud, and until when it will be",
    description:
      "Writes to everybody in the house by the channel that each of them has chosen.\nSay on which day, from when until when, and what is done; never more than once a day.",
    input_schema: { type: "object" },
    webhook_url: `${N8N_URL}/webhook/house/willow-street/9f1c2ab4-77d0-4c1e-9a51-0b6f3f1d7c55/neighbours`,
    secret,
    is_enabled: false,
  });
}

async function providersOf(api: Api): Promise<void> {
  await api.post("/api/v1/ai/providers", {
    kind: "openai_compatible",
    name: "The machine in the cellar",
    base_url: "https://models.example.com/v1",
    key: "sk-cellar-0000-7c1d",
    region: "eu-cellar",
    models: [{ name: "cellar-large" }, { name: "cellar-small" }],
  });
  const openai = { kind: "openai", name: "OpenAI", key: "sk-openai-0000-9b2e", enabled: false };
  await api.post("/api/v1/ai/providers", openai);
  await api.put("/api/v1/ai/preferences", {
    allowed_regions: ["eu-cellar"],
    aliases: { "house-model": "vectal/pro" },
    fallbacks: { "cellar-large": ["cellar-small", "vectal/fast"] },
    blocked_models: ["cellar-tiny"],
  });
}

/** Fills a workspace of its own; `run` tells the guests of several stages apart. */
export async function setStage(run: number): Promise<Stage> {
  const admin = await adminApi();
  const { id } = await admin.post("/api/v1/workspaces", { name: "Willow Street" });
  const api = admin.within(id);
  const tasks = await tasksOf(api);
  const [conversationId, invitation, files, runId, researchId] = await Promise.all([
    chatOf(api),
    peopleOf(api, id, run),
    filesOf(api),
    runOf(api),
    researchOf(api),
    habitsOf(api),
    workflowsOf(api),
  ]);
  // Last: from here on the machine in the cellar is asked, and it is never there.
  await providersOf(api);
  return { workspaceId: id, invitation, conversationId, runId, researchId, ...tasks, ...files };
}
