import { describe, expect, it } from "vitest";
import { placeOf, readAsked } from "./asked";

describe("what a program asks for", () => {
  it("stays as it was sent, numbers and truths too", () => {
    const asked = readAsked(
      "?state=12345678901234567890&client_id=true&scope=ai%3Ause+tasks%3Aread",
    );
    expect(asked.state).toBe("12345678901234567890");
    expect(asked.client_id).toBe("true");
    expect(asked.scope).toBe("ai:use tasks:read");
    expect(asked.resource).toBe("");
  });
  it("is nothing where a field comes twice", () => {
    expect(readAsked("?client_id=a&client_id=b").client_id).toBe("");
  });
});

describe("where the answer goes", () => {
  it("is a host, or a program on this computer", () => {
    expect(placeOf("https://app.example/cb")).toEqual({ host: "app.example", local: false });
    expect(placeOf("http://127.0.0.1:4000/cb")).toEqual({ host: "127.0.0.1:4000", local: true });
    expect(placeOf("com.example.app:/cb")).toEqual({ host: "com.example.app:", local: true });
  });
});
