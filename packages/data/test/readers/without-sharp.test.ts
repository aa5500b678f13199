import { expect, it, vi } from "vitest";
import { decodeImage } from "@snapfit/data";
import { imageDecoder } from "@snapfit/data/node";
import { greyPng } from "./support/make-png.js";

vi.mock("sharp", () => {
  throw new Error("Cannot find package 'sharp'");
});

it("large images are decoded without sharp too", async () => {
  const bytes = greyPng(100, 90);
  expect(await imageDecoder()(bytes)).toEqual(decodeImage(bytes));
});
