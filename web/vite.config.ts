import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env.VECTAL_DEV_TARGET ?? "http://127.0.0.1:8484";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": { target },
      "/graphql": { target },
      "/v1": { target },
      "/ws": { target, ws: true },
    },
  },
  worker: { format: "es" },
  build: {
    manifest: true,
    // The size check reads the manifest; nothing may be inlined, for the server's policy is script-src 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              // What every page needs, in one file: it compresses better and stays cached over releases.
              name: "base",
              test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|clsx|zustand|@tanstack\/(?:history|router-core|react-router|store|react-store))\//,
            },
            {
              // What sign-in and the app share of ours: many small files compress badly one by one.
              name: "kit",
              test: /src\/(?:ui\/(?:button|spinner|banner|empty-state)\.tsx|lib\/(?:api\/problem|session\/|i18n\/|lazy-part|storage|theme))|node_modules\/lucide-react\/dist\/esm\/(?:createLucideIcon|icons\/(?:triangle-alert|cloud-off|circle-alert|circle-check|loader))/,
            },
          ],
        },
      },
    },
  },
});
