import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamW,
  lamb,
  lion,
  lookahead,
  nadam,
  radam,
  rmsProp,
  sgd,
  type Optimizer,
  type RateOptions,
} from "../src/index.js";

/** Options that every optimizer has; rates are set here. */
type CommonOptions = Omit<RateOptions, "learningRate">;

/** Every optimizer in each of its forms. */
export const everyOptimizer: readonly [name: string, make: (options?: CommonOptions) => Optimizer][] = [
  ["sgd", (options) => sgd({ learningRate: 0.1, ...options })],
  ["sgd with momentum", (options) => sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.2, ...options })],
  ["sgd with Nesterov momentum", (options) => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, ...options })],
  ["adam", (options) => adam(options)],
  ["adam with amsgrad", (options) => adam({ amsgrad: true, ...options })],
  ["adamW", (options) => adamW(options)],
  ["adamW with amsgrad", (options) => adamW({ amsgrad: true, ...options })],
  ["adamax", (options) => adamax(options)],
  ["nadam", (options) => nadam(options)],
  ["radam", (options) => radam({ beta2: 0.9, ...options })],
  ["adagrad", (options) => adagrad({ initialSum: 0.1, rateDecay: 0.1, ...options })],
  ["adadelta", (options) => adadelta(options)],
  ["rmsProp", (options) => rmsProp(options)],
  ["rmsProp with momentum", (options) => rmsProp({ momentum: 0.5, ...options })],
  ["lion", (options) => lion({ learningRate: 0.01, ...options })],
  ["lamb", (options) => lamb({ learningRate: 0.01, ...options })],
  ["adafactor", (options) => adafactor(options)],
  ["lookahead", (options) => lookahead(adamW(options), { everySteps: 3 })],
  ["lookahead around adafactor", (options) => lookahead(adafactor(options), { everySteps: 2, alpha: 0.8 })],
];
