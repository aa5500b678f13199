// What threads of a loader make samples of an image folder with.
import { readFileSync } from "node:fs";
import type { DecoderModule } from "../decoded-set.js";
import { imageDecoder } from "./image-decoder.js";
import { makeSample, type ImageFile, type ImageSample } from "./image-folder.js";
import type { DecodeImageOptions } from "../readers/images/decode-image.js";

const decoder: DecoderModule<ImageSample, ImageFile, DecodeImageOptions> = (options) => {
  const decode = imageDecoder(options);
  // A thread has nothing better to do than wait for the file.
  return (input) => makeSample(decode, readFileSync(input.path), input);
};
export default decoder;
