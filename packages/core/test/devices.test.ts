import { nativeStatus } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { registerDevice, type DeviceRow, type Model, type TrainerOptions } from "../src/index.js";
import { Lines } from "./support/regression.js";
import { batches, ScalarTrainer, scalarModel } from "./support/scalar.js";

const hasNative = nativeStatus().isAvailable;
/** The names of the engines that this platform knows of. */
const known = process.platform === "linux" ? "auto, native, wasm, cpu" : "auto, wasm, cpu";

/** A trainer on a device, and the line that it says. */
async function on(device: string | undefined, model: TrainerOptions["model"] = scalarModel()) {
  const logger = new Lines();
  const trainer = new ScalarTrainer({ model, seed: 1, logger, signals: false, ...(device !== undefined && { device }) });
  await trainer.ready();
  return { trainer, lines: logger.all };
}

const denseModel = () => tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], name: "head" })] });

describe("device", () => {
  test("auto takes the native engine where it runs, else wasm; says why in one line, and the model lives there", async () => {
    const { lines, trainer } = await on(undefined, denseModel);
    expect(tf.getBackend()).toBe(hasNative ? "native" : "wasm");
    const fixes = "(, \\d+ of its gradients and kernels put right)?";
    const line = hasNative
      ? `^info Device: native, the best that is here${fixes}\\.$`
      : `^info Device: wasm, the best that is here${fixes}\\.( native (does not run here|is as fast as PyTorch): .*\\.)?$`;
    expect(lines).toEqual([expect.stringMatching(new RegExp(line))]);
    await trainer.modelWeights();
  });

  test("a name takes that one", async () => {
    const { lines } = await on("cpu");
    expect(tf.getBackend()).toBe("cpu");
    expect(lines).toEqual([expect.stringMatching(/^info Device: cpu, as asked(, \d+ of its gradients and kernels put right)?\.$/)]);
  });

  test.each([
    ["cup", `The device "cup" is not here. Known are ${known}; did you mean "cpu"?`],
    [
      "quantum",
      `The device "quantum" is not here. Known are ${known}. A backend of your own is registered with tf.registerBackend() first.`,
    ],
    ["wsam", 'did you mean "wasm"?'],
  ])("%s is an error that names what there is", async (device, message) => {
    await expect(on(device)).rejects.toMatchObject({ code: "DEVICE_UNKNOWN", message: expect.stringContaining(message) });
  });

  test("a backend that the user has registered is taken by its name", async () => {
    await tf.setBackend("cpu");
    const Cpu = tf.backend().constructor as new () => tf.KernelBackend;
    tf.registerBackend("mine", () => Object.assign(new Cpu(), { firstUse: false }));
    for (const kernel of tf.getKernelsForBackend("cpu")) tf.registerKernel({ ...kernel, backendName: "mine" });
    const { trainer, lines } = await on("mine");
    expect(lines[0]).toMatch(/^info Device: mine, as asked/);
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(tf.getBackend()).toBe("mine");
    tf.removeBackend("mine");
  });

  test("a model that was built before is moved to the device with its values, its weights of one backend only", async () => {
    await tf.setBackend("cpu");
    const model = denseModel();
    const before = model.getWeights()[0]!.dataSync();
    const { trainer } = await on("wasm", model);
    expect((await trainer.modelWeights())["head.kernel"]!.data).toEqual(before);
    expect(tf.getBackend()).toBe("wasm");
    expect(trainer.model).toBe(model);
  });

  test("a seed gives the same initial weights on every device", async () => {
    const weights = async (device: string) => (await (await on(device, denseModel)).trainer.modelWeights())["head.kernel"]!.data;
    expect(await weights("wasm")).toEqual(await weights("cpu"));
  });
});

/** Registers engines in front for one test. Rows cannot be taken back: those of tests are gone by `load`. */
async function withRows(rows: readonly DeviceRow[], body: () => Promise<void>): Promise<void> {
  for (const row of rows) registerDevice(row);
  try {
    await body();
  } finally {
    for (const { name } of rows) registerDevice({ name, load: () => Promise.resolve(false), install: "-", merit: "-" });
  }
}

describe("a model that a device cannot train", () => {
  // Cropping has no gradient on any backend.
  const cropped = () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [4, 4, 1], name: "first" }),
        tf.layers.centerCrop({ height: 2, width: 2, name: "crop" }),
      ],
    });

  test("is refused on a device that was asked for, with layer and op", async () => {
    await expect(on("cpu", cropped)).rejects.toMatchObject({
      code: "DEVICE_CANNOT_TRAIN",
      message: expect.stringMatching(
        /^The device "cpu" cannot train this model: CenterCrop \(layer layers\.1, op CropAndResize\): .*\. Use device: "auto", or another layer\.$/,
      ),
    });
  });

  test("is refused where no device can, with the last reason", async () => {
    await expect(on("auto", cropped)).rejects.toMatchObject({
      code: "DEVICE_CANNOT_TRAIN",
      message: expect.stringMatching(
        /^No device here can train this model: cpu cannot train CenterCrop \(layer layers\.1, op CropAndResize\): .*\. Replace the layer, or install another engine\.$/,
      ),
    });
  });
});

describe("registerDevice", () => {
  test("puts engines in front; those that are not here are named with their command, those that do not run with the reason", async () => {
    const rows: DeviceRow[] = [
      { name: "absent", load: () => Promise.resolve(false), install: "npm i absent-engine", merit: "ten times faster" },
      { name: "broken", load: () => Promise.reject(new Error("no such library")), install: "npm i broken-engine", merit: "faster still" },
    ];
    await withRows(rows, async () => {
      const { lines } = await on("auto");
      expect(lines).toEqual([
        expect.stringMatching(
          /^info Device: (native|wasm), the best that is here.*\. broken does not run here: no such library; absent is ten times faster: npm i absent-engine/,
        ),
      ]);
      await expect(on("absent")).rejects.toMatchObject({
        code: "DEVICE_UNKNOWN",
        message: 'The device "absent" is not here. Install it: npm i absent-engine.',
      });
      await expect(on("broken")).rejects.toMatchObject({
        code: "DEVICE_UNKNOWN",
        message: 'The device "broken" is not here. It does not run: no such library.',
        cause: new Error("no such library"),
      });
      await expect(on("absnt")).rejects.toMatchObject({
        code: "DEVICE_UNKNOWN",
        message: expect.stringContaining('did you mean "absent"?'),
      });
    });
  });

  test("an engine is taken before those that are known, and again under its name replaces the first", async () => {
    const loads: string[] = [];
    const row = (id: string): DeviceRow => ({
      name: "cpu",
      load: () => Promise.resolve(loads.push(id) > 0),
      install: "-",
      merit: "plain JavaScript",
    });
    registerDevice(row("first"));
    registerDevice(row("second"));
    const { lines } = await on("auto");
    expect(lines[0]).toMatch(/^info Device: cpu, the best that is here/);
    expect(loads).toEqual(["second"]);
  });

  test("an engine that cannot train the model is passed over, with layer and op; the next one builds the model anew", async () => {
    await tf.setBackend("cpu");
    const Cpu = tf.backend().constructor as new () => tf.KernelBackend;
    tf.registerBackend("weak", () => Object.assign(new Cpu(), { firstUse: false }));
    for (const kernel of tf.getKernelsForBackend("cpu"))
      if (kernel.kernelName !== "Conv2DBackpropFilter") tf.registerKernel({ ...kernel, backendName: "weak" });
    let built = 0;
    const model = (): Model => {
      built += 1;
      return tf.sequential({ layers: [tf.layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [2, 2, 1] })] });
    };
    const { numTensors } = tf.memory();
    await withRows([{ name: "weak", load: () => Promise.resolve(true), install: "-", merit: "quick" }], async () => {
      const { lines } = await on("auto", model);
      const why =
        "put right. weak cannot train Conv2D (layer layers.0, op Conv2D): The weak backend has no kernel Conv2DBackpropFilter, which training through Conv2D needs.";
      expect(lines).toEqual([expect.stringMatching(/^info Device: \w+, the best that can train this model, \d+ of/)]);
      expect(lines[0]).toContain(why);
      expect([built, tf.memory().numTensors]).toEqual([2, numTensors + 2]);
      await expect(on("weak", model)).rejects.toMatchObject({
        code: "DEVICE_CANNOT_TRAIN",
        message: expect.stringContaining("Conv2D (layer layers.0, op Conv2D)"),
      });
    });
    tf.removeBackend("weak");
  });
});
