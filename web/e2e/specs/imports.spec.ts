import { testImport } from "../imports.ts";

testImport();
