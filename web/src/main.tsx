import "@fontsource-variable/inter/index.css";
import "./styles/app.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { fetchFirstPage } from "./app/router";
import { followSystemTheme } from "./lib/theme";

followSystemTheme();
fetchFirstPage();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
