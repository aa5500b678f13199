import { waveBatch, waveTrainer } from "./wave-trainer.js";

// Trains 50 steps, and says where the checkpoint is.
await using trainer = waveTrainer("runs");
const { reason } = await trainer.fit({ train: [waveBatch()], epochs: 50 });
console.log(`${reason}: python continue.py ${trainer.stateManager.list().at(-1)!.path}`);
