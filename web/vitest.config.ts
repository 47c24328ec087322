import { defineConfig, mergeConfig } from "vitest/config";
import vite from "./vite.config.ts";

const setupFiles = ["./src/test-setup.ts"];

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      environment: "happy-dom",
      restoreMocks: true,
      testTimeout: 60_000, // no test judges time
      sequence: { shuffle: true },
      maxWorkers: "100%", // one less than there are cores leaves half of two idle
      projects: [
        {
          extends: true,
          test: {
            name: "logic",
            include: ["src/**/*.test.ts"],
            setupFiles,
            // A document and a set of modules for each worker, not for each file, which took most
            // of the time. What a file leaves behind shows, since the order is random.
            isolate: false,
          },
        },
        // What is rendered leaves timers and focus behind, so each file has its own document.
        { extends: true, test: { name: "parts", include: ["src/**/*.test.tsx"], setupFiles } },
      ],
    },
  }),
);
