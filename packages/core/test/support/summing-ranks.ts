import { inProcessGroups, type ProcessGroup } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "../../src/index.js";

/** The least that training on ranks needs: gradients summed over them. */
export const SummedGradients = defineAddOn({
  name: "SummedGradients",
  apply(Base: AddOnBase): Adds {
    abstract class SummedGradientsTrainer extends Base {
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        const sums = new Map<string, tf.Tensor>();
        for (const [path, gradient] of own) {
          const values = (await gradient.data<"float32">()).slice();
          await this.processGroup.allReduce(values);
          sums.set(path, tf.tensor(values, gradient.shape));
        }
        return sums;
      }
    }
    return SummedGradientsTrainer;
  },
});

/** Runs `body` on ranks that live in this process; their results in rank order. */
export function onRanks<T>(size: number, body: (group: ProcessGroup) => Promise<T>): Promise<T[]> {
  return Promise.all(inProcessGroups(size).map(body));
}
