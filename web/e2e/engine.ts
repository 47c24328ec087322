import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the pages of our small web say; each is found for every question. */
const PAGES: Record<string, { title: string; day: string; paragraphs: string[] }> = {
  "/tides": {
    title: "Power from the tides",
    day: "2026-05-04",
    paragraphs: [
      "Tidal power stations make electricity from the rise and fall of the sea.",
      "The station at the Rance has run since 1966 and makes 500 gigawatt hours of electricity a year.",
      "Electricity from tidal power costs between 150 and 280 euros a megawatt hour.",
    ],
  },
  "/costs": {
    title: "What sea power costs",
    day: "2025-11-20",
    paragraphs: [
      "Tidal power is dear: a megawatt hour of electricity costs between 150 and 280 euros.",
      "Wind at sea costs less than half of that, and is built faster.",
    ],
  },
  "/rance": {
    title: "The Rance, sixty years on",
    day: "2026-08-11",
    paragraphs: [
      "The tidal power station at the Rance has 24 turbines and makes 500 gigawatt hours a year.",
      "Its dam has changed the sand and the fish of the estuary.",
    ],
  },
};

const htmlOf = ({ title, day, paragraphs }: (typeof PAGES)[string]): string =>
  `<html lang="en"><head><title>${title}</title>` +
  `<meta property="article:published_time" content="${day}"></head>` +
  `<body><h1>${title}</h1>${paragraphs.map((each) => `<p>${each}</p>`).join("")}</body></html>`;

function answerOf(request: IncomingMessage): { kind: string; body: string } | null {
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  if (url.pathname === "/search") {
    const results = Object.entries(PAGES).map(([path, { title, day, paragraphs }]) => ({
      url: `${url.origin}${path}`,
      title,
      content: paragraphs[0],
      engine: "emulator",
      publishedDate: `${day}T00:00:00`,
      score: 1,
    }));
    const found = { query: url.searchParams.get("q"), results, unresponsive_engines: [] };
    return { kind: "application/json", body: JSON.stringify(found) };
  }
  const page = PAGES[url.pathname];
  return page ? { kind: "text/html; charset=utf-8", body: htmlOf(page) } : null;
}

/** A search engine that answers as SearXNG does, and the few pages that it finds. */
export class Engine {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Engine> {
    const server = createServer((request, response) => {
      const answer = answerOf(request);
      response.writeHead(answer ? 200 : 404, { "Content-Type": answer?.kind ?? "text/plain" });
      response.end(answer?.body ?? "gone");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Engine(server);
  }

  /** The settings with which a Vectal asks it, and reads its pages. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      VECTAL_SEARCH_URL: `searxng+http://127.0.0.1:${port}`,
      VECTAL_RESEARCH_ALLOW: "127.0.0.1",
    };
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
