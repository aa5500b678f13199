import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { quietly, Regression, rows } from "./support/regression.js";
test("x", async () => {
  await using trainer = new Regression(quietly({ optimizer: sgd({ learningRate: 0.2 }) }));
  await trainer.ready();
  await trainer.fit({ train: rows(2), epochs: 2 });
  const e = tf.engine() as any;
  const live = new Map<number, any>();
  const orig = e.trackTensor.bind(e), od = e.disposeTensor.bind(e);
  e.trackTensor = (a: any, b: any) => { live.set(a.id, { a, stack: new Error().stack }); return orig(a, b); };
  await trainer.fit({ train: rows(1), epochs: 1 });
  for (const { a, stack } of live.values()) if (!a.isDisposed) console.error("LIVE", a.shape, a.id, a.kept, stack);
  expect(1).toBe(2);
});
