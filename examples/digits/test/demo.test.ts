import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openModel } from "@snapfit/state-manager";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { idx, writeIdxFiles } from "./idx-files.js";
import { demo } from "./run-demo.js";

const { folder, run } = demo();

/** A folder of MNIST's files, made of few drawn digits. */
function dataFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeIdxFiles(path, { train: 300, test: 50 });
  return path;
}

describe("what the program is asked wrongly is answered with one sentence and exit code 2:", () => {
  it.each<[string, string]>([
    ["--epoch 3", "There is no option --epoch. Did you mean --epochs?"],
    ["-z", "There is no option -z. --help lists the options."],
    ["mnist", '"mnist" belongs to no option. --help lists the options.'],
    ["--epochs", "--epochs needs a value behind it."],
    ["--data --fast", "--data needs a value behind it."],
    ["--epochs=0", '--epochs takes a whole number of at least 1, but got "0".'],
    ["--seed 1.5", '--seed takes a whole number of at least 0, but got "1.5".'],
    ["--quiet=yes", '--quiet takes no value, but got "yes".'],
    ["--model tree", '--model takes cnn, mlp, linear, but got "tree".'],
    ["--data nowhere", 'The folder "nowhere" does not exist: --data takes one with MNIST\'s four IDX files.'],
    [
      "--data .",
      'The folder "." has no train-images-idx3-ubyte or train-images-idx3-ubyte.gz: --data takes one with MNIST\'s four IDX files.',
    ],
  ])("%s", async (args, sentence) => {
    expect(await run(args.split(" "))).toMatchObject({ code: 2, output: `${sentence}\n` });
  });

  it("a device that is not here", async () => {
    const { code, output } = await run(["--fast", "--quiet", "--device", "wasn"]);
    expect([code, output]).toEqual([2, expect.stringMatching(/^The device "wasn" is not here.*did you mean "wasm"\?.*\n$/)]);
  });

  it("files that are damaged or do not belong together", async () => {
    const data = dataFolder("damaged");
    const labels = join(data, "t10k-labels-idx1-ubyte");
    const images = join(data, "t10k-images-idx3-ubyte");
    const says = async (): Promise<string> => {
      const { code, output } = await run(["--data", data]);
      expect(code).toBe(2);
      expect(output.trimEnd().split("\n")).toHaveLength(1);
      return output.trimEnd();
    };
    writeFileSync(labels, idx([50], new Uint8Array(50).fill(11)));
    expect(await says()).toBe(`${labels} holds labels that are no digits from 0 to 9.`);
    writeFileSync(labels, idx([49], new Uint8Array(49)));
    expect(await says()).toBe(`${images} holds 50 images, but ${labels} holds 49 labels.`);
    writeFileSync(images, idx([1, 32, 32], new Uint8Array(1024)));
    expect(await says()).toBe(`${images} holds images of 32 x 32 pixels, but MNIST's have 28 x 28.`);
    truncateSync(images, 1000);
    expect(await says()).toContain(`${images}`);
    truncateSync(join(data, "train-images-idx3-ubyte.gz"), 1000);
    expect(await says()).toContain(join(data, "train-images-idx3-ubyte.gz"));
    expect(await run(["--data", images])).toMatchObject({
      code: 2,
      output: `"${images}" is a file: --data takes the folder with MNIST's four IDX files.\n`,
    });
  });
});

it("--help lists the options", async () => {
  const { code, output } = await run(["--help"]);
  expect(code).toBe(0);
  for (const option of [
    "--data FOLDER",
    "--epochs N",
    "--seed N",
    "--device NAME",
    "--model NAME",
    "--fast",
    "--fresh",
    "--wandb",
    "--neptune",
    "--quiet",
  ])
    expect(output).toContain(option);
});

describe("a fast run", () => {
  it("says what it does and leaves its results in a folder", async () => {
    const { code, output } = await run(["--fast", "--data", dataFolder("mnist"), "--seed", "3", "--model", "mlp"]);
    expect(output).toMatch(/^Data: MNIST from .*mnist \(\d+\.\ds\): 270 train, 30 validation, 50 test\n/);
    expect(output).toMatch(/\nDevice: (native|wasm), the best that is here/);
    expect(output).toContain("235,146 parameters, 235,146 trainable");
    expect(output).toMatch(/\n\[ {2}2\/2\] loss:\d\.\d{3}, acc:\d\.\d{3} \| \(val\) loss:\d\.\d{3}, acc:\d\.\d{3} \(\d+\.\ds\)\n/);
    expect(output).toMatch(/\nAccuracy: \d+\.\d\d % in validation \(best, epoch [12]\), \d+\.\d\d % on the test digits\.\n/);
    expect(output).toMatch(/\nResults: runs\/digits-mnist-mlp-seed3-fast \(history\.json, metrics\.json, model\.safetensors\)\n$/);
    expect(code).toBe(0);

    const read = (name: string): string => readFileSync(join(folder, "runs/digits-mnist-mlp-seed3-fast", name), "utf8");
    const history = JSON.parse(read("history.json"));
    expect(history.valid.acc).toHaveLength(2);
    const metrics = JSON.parse(read("metrics.json"));
    expect(metrics.validation.accuracy).toBe(history.valid.acc[metrics.validation.epoch - 1]);
    expect(Object.keys(metrics.test.accuracyByDigit)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(metrics.run).toMatchObject({ model: "mlp", seed: 3, reason: "2 epochs", epochs: 2, steps: 10 });
    const model = await openModel(join(folder, "runs/digits-mnist-mlp-seed3-fast/model.safetensors"));
    expect(model.predict(tf.zeros([2, 28, 28]))).toMatchObject({ shape: [2, 10] });
  });

  it("repeats to the bit when started anew with the same seed, leaves the earlier results, and prints only results when asked to be quiet", async () => {
    const args = ["--fast", "--fresh", "--quiet", "--seed", "4", "--model", "linear"];
    const [first, second] = [await run(args), await run(args)];
    expect(first.output).toMatch(/^Accuracy: .*\nResults: .*\n$/);
    expect(second.output).toBe(first.output);
    const [a, b] = ["digits-linear-seed4-fast-before-1", "digits-linear-seed4-fast"].map((name) =>
      join(folder, "runs", name, "model.safetensors"),
    );
    expect(readFileSync(a!)).toEqual(readFileSync(b!));
  });

  it("that was killed goes on to the bits of one that was not, and says when it is finished", async () => {
    const args = ["--fast", "--seed", "5", "--model", "linear", "--epochs", "12"];
    const whole = await run(args);
    const name = join(folder, "runs/digits-linear-seed5-fast/model.safetensors");
    const bits = readFileSync(name);
    const killed = await run([...args, "--fresh"], { interruptAt: /Checkpoint saved/, signal: "SIGKILL" });
    expect(killed.output).not.toContain("Accuracy");
    const resumed = await run(args);
    expect(resumed.output).toMatch(/\nFound checkpoint: runs\/digits-linear-seed5-fast\/checkpoints\/\S+\.ckpt\n/);
    expect(resumed.output).toMatch(/\nFit 1 goes on at epoch \d+, step \d+\.\n/);
    const results = (output: string): string => output.slice(output.indexOf("Accuracy"));
    expect(results(resumed.output)).toBe(results(whole.output));
    expect(readFileSync(name)).toEqual(bits);
    const again = await run(args);
    expect(again.output).toContain("This run is finished so far (12 epochs).");
    expect(results(again.output)).toBe(results(whole.output));
  });

  it("runs on cpu where the native engine and wasm are not installed, and says how to get them", async () => {
    const hooks = `export const resolve = (name, context, next) => { if (/tfjs-backend-wasm|@snapfit.native/.test(name)) throw new Error("not installed"); return next(name, context); }`;
    const register = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
    const { code, output } = await run(["--fast", "--model", "linear"], {
      node: ["--import", `data:text/javascript,${encodeURIComponent(register)}`],
    });
    expect(output).toMatch(/\nDevice: cpu, .*npm i @snapfit\/native.*npm i @tensorflow\/tfjs-backend-wasm/);
    expect(output).toContain("Accuracy: ");
    expect(code).toBe(0);
  });
});

describe("Ctrl-C ends the program within three seconds, on busy cores too, with exit code 130 and a line that says where it stood", () => {
  it.each<[string, RegExp, RegExp]>([
    ["while the digits are drawn", /Drawing/, /\nStopped while preparing the digits: SIGINT\.\n$/],
    [
      "when training begins",
      /[\d,]+ trainable/,
      /\nStopped at epoch [01], step \d+: SIGINT\.\n(.*\n)*The same command goes on from here\.\n$/,
    ],
    ["after an epoch", /\[ {2}1\/20\].*\n/, /\nStopped at epoch \d, step \d+: SIGINT\.\n(.*\n)*The same command goes on from here\.\n$/],
  ])("%s", async (_, interruptAt, ending) => {
    const { code, output, secondsAfterSignal } = await run(["--model", "mlp", "--fresh"], { interruptAt });
    expect(output).toMatch(ending);
    expect(code).toBe(130);
    expect(secondsAfterSignal).toBeLessThan(3);
  });
});

it.skipIf(!process.env["SNAPFIT_DATA"])("MNIST is learned: 94 % of the test images after one epoch", async () => {
  const { code, output } = await run(["--data", join(process.env["SNAPFIT_DATA"]!, "mnist"), "--epochs", "1", "--model", "mlp"]);
  expect(output).toContain("55,000 train, 5,000 validation, 10,000 test");
  expect(code).toBe(0);
  expect(Number(/([\d.]+) % on the test digits/.exec(output)![1])).toBeGreaterThan(94);
});
