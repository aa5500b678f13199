import { shown } from "@snapfit/base";
import type { Decoder, DecoderModule } from "../decoded-set.js";
import { importDefault, moduleFault } from "../loaders/import-default.js";

/** What makes samples of inputs. @throws SnapfitError `LOADER_MODULE`, and what the module throws. */
export async function loadDecoder({ module, options }: Decoder): Promise<(input: unknown) => unknown> {
  const decode: unknown = (await importDefault<DecoderModule<unknown>>(module, "decoder"))(options);
  if (typeof decode === "function") return decode as (input: unknown) => unknown;
  throw moduleFault(module, "decoder", `exports a function that returns ${shown(decode)}, not one that makes a sample of an input`);
}
