// Fails when the script a first visit loads grows past its budget. Sizes are gzip, from dist's manifest.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGETS = [
  {
    name: "login",
    limitKb: 120,
    entries: ["index.html", "src/features/auth/login-page.tsx", "src/locales/en/auth.json"],
  },
  {
    name: "main screen",
    limitKb: 195,
    entries: [
      "index.html",
      "src/app/shell/shell.tsx",
      "src/features/tasks/today-page.tsx",
      "src/features/tasks/project-nav.tsx",
      "src/features/chat/chat-pane.tsx",
      "src/locales/en/tasks.json",
      "src/locales/en/chat.json",
    ],
  },
];

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

function closure(entries) {
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`size: ${key} is not in the manifest`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const entry of entries) visit(entry);
  return [...files].filter((file) => file.endsWith(".js"));
}

let failed = false;
for (const { name, limitKb, entries } of BUDGETS) {
  const sizes = closure(entries).map((file) => ({
    file,
    kb: gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1000,
  }));
  const total = sizes.reduce((sum, { kb }) => sum + kb, 0);
  const over = total > limitKb;
  failed ||= over;
  console.log(`${over ? "OVER" : "ok  "} ${name}: ${total.toFixed(1)} kB of ${limitKb} kB`);
  if (over || process.argv.includes("--list")) {
    for (const { file, kb } of sizes.toSorted((a, b) => b.kb - a.kb)) {
      console.log(`       ${kb.toFixed(1).padStart(6)}  ${file}`);
    }
  }
}
process.exitCode = failed ? 1 : 0;
