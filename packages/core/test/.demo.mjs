var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};

// packages/base/src/snapfit-error.ts
var SnapfitError;
var init_snapfit_error = __esm({
  "packages/base/src/snapfit-error.ts"() {
    "use strict";
    SnapfitError = class extends Error {
      name = "SnapfitError";
      code;
      constructor(code, message, options) {
        super(message, options);
        this.code = code;
      }
    };
  }
});

// packages/base/src/host-tensor.ts
function hostTensor(data2, shape, dtype) {
  const natural = data2 instanceof Float32Array ? "float32" : data2 instanceof Int32Array ? "int32" : "uint8";
  const chosen = dtype ?? natural;
  if (chosen !== natural && !(chosen === "bool" && natural === "uint8")) {
    throw new SnapfitError("DTYPE_MISMATCH", `A ${data2.constructor.name} cannot hold ${chosen}. hostTensor() takes float32 in a Float32Array, int32 in an Int32Array, uint8 and bool in a Uint8Array.`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data2.length || shape.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new SnapfitError("SHAPE_MISMATCH", `Shape [${shape.join(", ")}] holds ${size} values, but the array has ${data2.length}. Give a shape of non-negative integers whose product is the length of the array.`);
  }
  return { dtype: chosen, shape, data: data2 };
}
function isHostTensor(value) {
  return typeof value === "object" && value !== null && "data" in value && ArrayBuffer.isView(value.data) && "shape" in value && Array.isArray(value.shape) && "dtype" in value;
}
var init_host_tensor = __esm({
  "packages/base/src/host-tensor.ts"() {
    "use strict";
    init_snapfit_error();
  }
});

// packages/base/src/solo-group.ts
function soloGroup() {
  return new SoloGroup();
}
function groupAborted(rank, cause) {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnapfitError("GROUP_ABORTED", `Rank ${rank} ended the process group: ${reason} Ranks can only go on together. Solve the cause and start all ranks again.`, { cause });
}
function groupClosed(rank, waiting = "") {
  return new SnapfitError("GROUP_CLOSED", `Rank ${rank} has closed its process group${waiting}. All ranks make the same calls before they close. Close after the last collective call.`);
}
var SoloGroup;
var init_solo_group = __esm({
  "packages/base/src/solo-group.ts"() {
    "use strict";
    init_snapfit_error();
    SoloGroup = class {
      rank = 0;
      size = 1;
      localRank = 0;
      #end;
      async allReduce() {
        this.#checkOpen();
      }
      allReduceSync() {
        this.#checkOpen();
      }
      async broadcast(value) {
        this.#checkOpen();
        return value;
      }
      async allGather(value) {
        this.#checkOpen();
        return [value];
      }
      async barrier() {
        this.#checkOpen();
      }
      abort(cause) {
        this.#end ??= groupAborted(0, cause);
      }
      async close() {
        this.#end ??= groupClosed(0);
      }
      #checkOpen() {
        if (this.#end) throw this.#end;
      }
    };
  }
});

// packages/base/src/nearest-name.ts
function nearestName(name, known) {
  let nearest;
  let nearestDistance = Infinity;
  for (const candidate of known) {
    const longer = Math.max(name.length, candidate.length);
    const allowed = Math.min(longer - 1, Math.max(1, Math.floor(longer * 0.4)));
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed && distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}
function editDistance(a, b) {
  let previous = [];
  let current2 = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const replaced = current2[j - 1] + (isSame ? 0 : 1);
      const swapped = isSwap ? previous[j - 2] + 1 : Infinity;
      next[j] = Math.min(next[j - 1] + 1, current2[j] + 1, replaced, swapped);
    }
    previous = current2;
    current2 = next;
  }
  return current2[b.length];
}
var init_nearest_name = __esm({
  "packages/base/src/nearest-name.ts"() {
    "use strict";
  }
});

// packages/base/src/threefry.ts
function threefry2x32(key0, key1, counter0, counter1, out) {
  const key2 = PARITY ^ key0 ^ key1;
  let x0 = counter0 + key0 | 0;
  let x1 = counter1 + key1 | 0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 13 | x1 >>> 19) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 15 | x1 >>> 17) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 26 | x1 >>> 6) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 6 | x1 >>> 26) ^ x0;
  x0 = x0 + key1 | 0;
  x1 = x1 + key2 + 1 | 0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 17 | x1 >>> 15) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 29 | x1 >>> 3) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 16 | x1 >>> 16) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 24 | x1 >>> 8) ^ x0;
  x0 = x0 + key2 | 0;
  x1 = x1 + key0 + 2 | 0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 13 | x1 >>> 19) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 15 | x1 >>> 17) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 26 | x1 >>> 6) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 6 | x1 >>> 26) ^ x0;
  x0 = x0 + key0 | 0;
  x1 = x1 + key1 + 3 | 0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 17 | x1 >>> 15) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 29 | x1 >>> 3) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 16 | x1 >>> 16) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 24 | x1 >>> 8) ^ x0;
  x0 = x0 + key1 | 0;
  x1 = x1 + key2 + 4 | 0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 13 | x1 >>> 19) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 15 | x1 >>> 17) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 26 | x1 >>> 6) ^ x0;
  x0 = x0 + x1 | 0;
  x1 = (x1 << 6 | x1 >>> 26) ^ x0;
  out[0] = x0 + key2;
  out[1] = x1 + key0 + 5;
}
var PARITY;
var init_threefry = __esm({
  "packages/base/src/threefry.ts"() {
    "use strict";
    PARITY = 466688986;
  }
});

// packages/base/src/stream-key.ts
function childKey(key, ...names2) {
  const state = new Uint32Array(key);
  for (const name of names2) {
    if (typeof name === "string") foldString(state, name);
    else foldNumber(state, name);
  }
  return [state[0], state[1]];
}
function fold(state, word, tag) {
  threefry2x32(state[0], state[1], word, tag, state);
}
function foldNumber(state, value) {
  if (!Number.isFinite(value)) {
    throw new SnapfitError("RANDOM_NAME", `A random stream cannot be named or seeded by ${value}. Seeds and numbers in names are finite. Pass a finite number or a string.`);
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value + 0);
  fold(state, bits.getUint32(4), NUMBER_LOW);
  fold(state, bits.getUint32(0), NUMBER_HIGH);
}
function foldString(state, value) {
  fold(state, value.length, STRING_LENGTH);
  for (let i = 0; i < value.length; i += 2) {
    const next = i + 1 < value.length ? value.charCodeAt(i + 1) : 0;
    fold(state, value.charCodeAt(i) | next << 16, STRING_UNITS);
  }
}
var NUMBER_LOW, NUMBER_HIGH, STRING_LENGTH, STRING_UNITS;
var init_stream_key = __esm({
  "packages/base/src/stream-key.ts"() {
    "use strict";
    init_snapfit_error();
    init_threefry();
    NUMBER_LOW = 2147483648;
    NUMBER_HIGH = 2147483649;
    STRING_LENGTH = 2147483650;
    STRING_UNITS = 2147483651;
  }
});

// packages/base/src/random-stream.ts
function maskFor(value) {
  return value === 0 ? 0 : 4294967295 >>> Math.clz32(value);
}
function checkIndex(index) {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new SnapfitError("RANDOM_RANGE", `Word ${index} of a random stream does not exist. Words are counted from 0 to 2^53 - 1. Check the arithmetic of the index.`);
  }
}
function isStreamState(state) {
  const { key, counter } = state ?? {};
  const isWord = (word) => Number.isInteger(word) && word >= 0 && word < WORD;
  return Array.isArray(key) && key.length === 2 && key.every(isWord) && Number.isSafeInteger(counter) && counter >= 0;
}
var WORD, RandomStream;
var init_random_stream = __esm({
  "packages/base/src/random-stream.ts"() {
    "use strict";
    init_snapfit_error();
    init_stream_key();
    init_threefry();
    WORD = 2 ** 32;
    RandomStream = class _RandomStream {
      #key0;
      #key1;
      #counter;
      // The block of words that was computed last. Derived from key and counter, so not part of the state.
      #block = new Uint32Array(2);
      #blockIndex = -1;
      constructor(key, counter) {
        [this.#key0, this.#key1] = key;
        this.#counter = counter;
      }
      /** The stream of a seed (any finite number), or its child with these names. Seed 0 is a seed like any other. */
      static fromSeed(seed, ...names2) {
        return new _RandomStream(childKey([0, 0], seed, ...names2), 0);
      }
      /** A stream from a saved state. @throws SnapfitError `STATE_MALFORMED` */
      static fromState(state) {
        const stream = new _RandomStream([0, 0], 0);
        stream.loadState(state);
        return stream;
      }
      /** The child with these names, at its beginning. Depends on the key only: neither advances this stream nor notices where it stands. */
      split(...names2) {
        return new _RandomStream(childKey([this.#key0, this.#key1], ...names2), 0);
      }
      /** The next word: an integer in [0, 2^32). */
      uint32() {
        const index = this.#counter++;
        const blockIndex = Math.floor(index / 2);
        if (blockIndex !== this.#blockIndex) this.#computeBlock(blockIndex);
        return this.#block[index & 1];
      }
      /** Uniform in [0, 1), with 53 random bits from two words. */
      uniform() {
        const high = this.uint32() >>> 5;
        const low = this.uint32() >>> 6;
        return (high * 2 ** 26 + low) / 2 ** 53;
      }
      /** Standard normal, from four words. Keeps no second value back. @see Box and Muller 1958, doi 10.1214/aoms/1177706645 */
      normal() {
        const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
        return radius * Math.cos(2 * Math.PI * this.uniform());
      }
      /**
       * An integer in [0, below), each with the same probability (words that fall outside are drawn again).
       * @param below 1 to 2^53. @throws SnapfitError `RANDOM_RANGE`
       */
      integer(below) {
        if (!Number.isInteger(below) || below < 1 || below > 2 ** 53) {
          throw new SnapfitError("RANDOM_RANGE", `integer(${below}) has nothing to draw from. The bound is an integer from 1 to 2^53. Check the length that it comes from.`);
        }
        const highBound = Math.floor((below - 1) / WORD);
        const lowMask = highBound > 0 ? 4294967295 : maskFor(below - 1);
        const highMask = maskFor(highBound);
        for (; ; ) {
          const low = (this.uint32() & lowMask) >>> 0;
          const value = highBound === 0 ? low : ((this.uint32() & highMask) >>> 0) * WORD + low;
          if (value < below) return value;
        }
      }
      /** The numbers 0 to n - 1 in random order (Fisher-Yates), n < 2^32. */
      permutation(n) {
        if (!Number.isInteger(n) || n < 0 || n >= WORD) {
          throw new SnapfitError("RANDOM_RANGE", `permutation(${n}) is not possible. n is an integer from 0 to 2^32 - 1. Check the length that it comes from.`);
        }
        const order = new Uint32Array(n);
        for (let i = 0; i < n; i++) order[i] = i;
        for (let i = n - 1; i > 0; i--) {
          const j = this.integer(i + 1);
          const other = order[j];
          order[j] = order[i];
          order[i] = other;
        }
        return order;
      }
      /** Fills with values in [0, 1): a Float64Array as {@link uniform} does, a Float32Array with 24 random bits from one word each. */
      fillUniform(array) {
        if (array instanceof Float64Array) {
          for (let i = 0; i < array.length; i++) array[i] = this.uniform();
        } else {
          this.fillUniformAt(array, this.#counter);
          this.#counter += array.length;
        }
      }
      /** Word `index` of the stream, an integer in [0, 2^32), wherever the stream stands. */
      at(index) {
        checkIndex(index);
        const block = new Uint32Array(2);
        const blockIndex = Math.floor(index / 2);
        threefry2x32(this.#key0, this.#key1, blockIndex | 0, Math.floor(blockIndex / WORD), block);
        return block[index & 1];
      }
      /**
       * Fills with the uniform values of words `start`, `start + 1`, …, wherever the stream stands: `array[i]` is the top 24 bits of `at(start + i)`, over 2^24.
       * So a mask can be made for any part of a batch by itself.
       */
      fillUniformAt(array, start) {
        checkIndex(start);
        const block = new Uint32Array(2);
        const key0 = this.#key0;
        const key1 = this.#key1;
        let blockIndex = Math.floor(start / 2);
        for (let i = -(start % 2); i < array.length; i += 2, blockIndex++) {
          threefry2x32(key0, key1, blockIndex | 0, Math.floor(blockIndex / WORD), block);
          if (i >= 0) array[i] = (block[0] >>> 8) / 2 ** 24;
          if (i + 1 < array.length) array[i + 1] = (block[1] >>> 8) / 2 ** 24;
        }
      }
      /** Key and counter. A stream that loads it goes on with the same bits. */
      saveState() {
        return { key: [this.#key0, this.#key1], counter: this.#counter };
      }
      /** Goes on where the state was taken. @throws SnapfitError `STATE_MALFORMED` */
      loadState(state) {
        if (!isStreamState(state)) {
          throw new SnapfitError("STATE_MALFORMED", "This is not the state of a random stream. It holds key, two uint32 numbers, and counter, a non-negative integer. Pass what saveState() returned.");
        }
        [this.#key0, this.#key1] = state.key;
        this.#counter = state.counter;
        this.#blockIndex = -1;
      }
      #computeBlock(blockIndex) {
        threefry2x32(this.#key0, this.#key1, blockIndex | 0, Math.floor(blockIndex / WORD), this.#block);
        this.#blockIndex = blockIndex;
      }
    };
  }
});

// packages/base/src/index.ts
var init_src = __esm({
  "packages/base/src/index.ts"() {
    init_snapfit_error();
    init_host_tensor();
    init_nearest_name();
    init_random_stream();
    init_solo_group();
  }
});

// packages/optim/src/adam-rule.ts
function adamRule(name, constants) {
  return {
    name,
    slotNames: ["firstMoment", "secondMoment"],
    updateArrays: (moment, values, gradient, [first, second]) => adamLoop(stepConstants(moment, constants), values, gradient, first, second),
    updateTensors(moment, values, gradient, [first, second]) {
      const { addedDecay, kept, beta2, size, epsilon, ofFirst, ofSecond } = stepConstants(moment, constants);
      const g = addedDecay === 0 ? gradient : gradient.add(values.mul(addedDecay));
      const newFirst = first.add(g.sub(first).mul(ofFirst));
      const newSecond = second.mul(beta2).add(g.mul(ofSecond).mul(g));
      const shrunk = kept === 1 ? values : values.mul(kept);
      return [shrunk.sub(newFirst.mul(size).div(newSecond.sqrt().add(epsilon))), newFirst, newSecond];
    }
  };
}
function stepConstants({ step, learningRate, weightDecay }, { beta1, beta2, epsilon, isDecoupled }) {
  const correction1 = 1 - beta1 ** step;
  const root2 = Math.sqrt(1 - beta2 ** step);
  const round = Math.fround;
  return {
    addedDecay: isDecoupled ? 0 : round(weightDecay),
    kept: isDecoupled ? round(1 - learningRate * weightDecay) : 1,
    beta2: round(beta2),
    ofFirst: round(1 - beta1),
    ofSecond: round(1 - beta2),
    size: round(learningRate * root2 / correction1),
    epsilon: round(epsilon * root2)
  };
}
function adamLoop(c, values, gradient, first, second) {
  const length = values.length;
  let i = 0;
  if (c.addedDecay === 0) {
    for (; i + 3 < length; i += 4) {
      adamElement(c, i, gradient[i], values, first, second);
      adamElement(c, i + 1, gradient[i + 1], values, first, second);
      adamElement(c, i + 2, gradient[i + 2], values, first, second);
      adamElement(c, i + 3, gradient[i + 3], values, first, second);
    }
  }
  for (; i < length; i++) adamElement(c, i, gradient[i] + c.addedDecay * values[i], values, first, second);
}
function adamElement(c, i, g, values, first, second) {
  const oldFirst = first[i];
  const newFirst = oldFirst + c.ofFirst * (g - oldFirst);
  const newSecond = c.beta2 * second[i] + c.ofSecond * g * g;
  first[i] = newFirst;
  second[i] = newSecond;
  values[i] = Math.fround(c.kept * values[i]) - c.size * newFirst / (Math.sqrt(newSecond) + c.epsilon);
}
var init_adam_rule = __esm({
  "packages/optim/src/adam-rule.ts"() {
    "use strict";
  }
});

// packages/optim/src/check-options.ts
function numberFrom(min, max = Infinity, isOpen = false) {
  const range2 = max === Infinity ? `of at least ${min}` : isOpen ? `from ${min} up to, but not, ${max}` : `from ${min} to ${max}`;
  return {
    expected: `a finite number ${range2}`,
    holds: (value) => typeof value === "number" && Number.isFinite(value) && value >= min && (isOpen ? value < max : value <= max)
  };
}
function oneOf(...values) {
  return { expected: values.map((value) => JSON.stringify(value)).join(" or "), holds: (value) => values.includes(value) };
}
function checkOptions(owner, options, checks, required2 = []) {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(`${owner} got ${show(options)} as options.`, "Expected an object such as { learningRate: 0.001 }.");
  }
  const known = Object.keys(checks);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : void 0;
    if (!check) throw unknownOption(owner, name, known);
    if (value !== void 0 && !check.holds(value))
      throw invalidOption(`Option ${name} of ${owner} is ${show(value)}.`, `Expected ${check.expected}.`);
  }
  for (const name of required2) {
    if (options[name] === void 0) {
      throw invalidOption(`Option ${name} of ${owner} is missing.`, `Expected ${checks[name]?.expected}; give it.`);
    }
  }
}
function invalidOption(happened, expected) {
  return new SnapfitError("OPTION_INVALID", `${happened} ${expected}`);
}
function unknownOption(owner, name, known) {
  const nearest = nearestName(name, known);
  const hint = nearest === void 0 ? "" : ` Did you mean "${nearest}"?`;
  return new SnapfitError("OPTION_UNKNOWN", `${owner} has no option "${name}".${hint} It takes ${known.join(", ")}.`);
}
function show(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
var nonEmptyString, anyFunction, anyArray;
var init_check_options = __esm({
  "packages/optim/src/check-options.ts"() {
    "use strict";
    init_src();
    nonEmptyString = {
      expected: "a string that is not empty",
      holds: (value) => typeof value === "string" && value !== ""
    };
    anyFunction = { expected: "a function", holds: (value) => typeof value === "function" };
    anyArray = { expected: "an array", holds: Array.isArray };
  }
});

// packages/optim/src/parameter-groups.ts
function isBiasOrNorm(parameterName, rank) {
  const last = parameterName.split(/[./]/).at(-1);
  return rank <= 1 || last === "bias" || last === "gamma" || last === "beta";
}
function checkGroups(owner, groups) {
  const { learningRate, weightDecay } = rateChecks;
  const names2 = /* @__PURE__ */ new Set(["default"]);
  groups.forEach((group, index) => {
    checkOptions(`${owner} groups[${index}]`, group, { name: nonEmptyString, match: anyFunction, learningRate, weightDecay }, [
      "name",
      "match"
    ]);
    if (names2.has(group.name)) {
      throw invalidOption(
        `Option name of ${owner} groups[${index}] is ${show(group.name)}, which is taken.`,
        'Expected a name that no other group has; "default" is the rest of the parameters.'
      );
    }
    names2.add(group.name);
  });
}
var rateChecks, ParameterGroups;
var init_parameter_groups = __esm({
  "packages/optim/src/parameter-groups.ts"() {
    "use strict";
    init_check_options();
    rateChecks = {
      learningRate: numberFrom(0),
      weightDecay: numberFrom(0),
      noDecay: oneOf("biasAndNorm"),
      groups: anyArray
    };
    ParameterGroups = class {
      /** The groups in the order given, then `default`. */
      rates;
      #groups;
      #sparesBiasAndNorm;
      #found = /* @__PURE__ */ new Map();
      constructor(owner, options, defaults) {
        const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay, noDecay, groups = [] } = options;
        checkGroups(owner, groups);
        const rest = { name: "default", match: () => true, learningRate, weightDecay };
        const all = [...groups, rest].map((group) => ({
          name: group.name,
          match: group.match,
          learningRate: group.learningRate ?? learningRate,
          weightDecay: group.weightDecay ?? weightDecay
        }));
        this.#groups = all;
        this.rates = all.map((group) => ({ name: group.name, learningRate: group.learningRate }));
        this.#sparesBiasAndNorm = noDecay === "biasAndNorm";
      }
      /** The rates of a parameter. @param rank its number of dimensions. */
      of(parameterName, rank) {
        let rate = this.#found.get(parameterName);
        if (!rate) {
          const { learningRate, weightDecay } = this.#groups.find((group) => group.match(parameterName));
          const isSpared = this.#sparesBiasAndNorm && isBiasOrNorm(parameterName, rank);
          rate = { learningRate, weightDecay: isSpared ? 0 : weightDecay };
          this.#found.set(parameterName, rate);
        }
        return rate;
      }
    };
  }
});

// packages/optim/src/check-gradients.ts
function checkGradients(gradients, parameters) {
  for (const [name, gradient] of gradients) {
    const parameter = parameters.get(name);
    if (!parameter) throw mismatch(`There is a gradient for "${name}", but no parameter of this name.`, "Give both maps the same names.");
    if (parameter.dtype !== "float32")
      throw mismatch(
        `Parameter "${name}" is ${parameter.dtype}.`,
        "Only float32 parameters can be trained; leave it out of the gradients."
      );
    if (gradient.dtype !== "float32")
      throw mismatch(`The gradient of "${name}" is ${gradient.dtype}.`, "Expected float32, as its parameter.");
    if (!hasSameShape(gradient.shape, parameter.shape)) {
      throw mismatch(
        `The gradient of "${name}" has shape [${gradient.shape.join(", ")}].`,
        `Expected [${parameter.shape.join(", ")}], as its parameter.`
      );
    }
  }
}
function hasSameShape(a, b) {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
function mismatch(happened, expected) {
  return new SnapfitError("GRADIENT_MISMATCH", `${happened} ${expected}`);
}
var init_check_gradients = __esm({
  "packages/optim/src/check-gradients.ts"() {
    "use strict";
    init_src();
  }
});

// packages/optim/src/host-values.ts
import * as tf from "@tensorflow/tfjs";
function hostValues(tensor7) {
  if (tensor7.dtype !== "float32") return void 0;
  const backend3 = tf.backend();
  const dataId = tensor7.dataId;
  if (typeof backend3.hostValues === "function") return backend3.hostValues(dataId);
  if (typeof backend3.typedArrayFromHeap === "function") {
    return backend3.dataIdMap?.has(dataId) ? backend3.typedArrayFromHeap(tensor7) : void 0;
  }
  if (typeof backend3.data?.has !== "function" || !backend3.data.has(dataId)) return void 0;
  const { values } = backend3.data.get(dataId);
  if (values instanceof Float32Array) return values;
  return Array.isArray(values) || ArrayBuffer.isView(values) ? Float32Array.from(values) : void 0;
}
function dropDerived(tensor7) {
  const { wasm, dataIdMap } = tf.backend();
  if (!wasm || !dataIdMap?.has(tensor7.dataId)) return;
  const { id, memoryOffset } = dataIdMap.get(tensor7.dataId);
  wasm.tfjs.disposeData(id);
  wasm.tfjs.registerTensor(id, tensor7.size, memoryOffset);
}
var init_host_values = __esm({
  "packages/optim/src/host-values.ts"() {
    "use strict";
  }
});

// packages/optim/src/parameter-slots.ts
import * as tf2 from "@tensorflow/tfjs";
var ParameterSlots;
var init_parameter_slots = __esm({
  "packages/optim/src/parameter-slots.ts"() {
    "use strict";
    init_host_values();
    ParameterSlots = class _ParameterSlots {
      /** Updates done. */
      step;
      /** Shape of the parameter and of each slot. */
      shape;
      #arrays;
      #tensors;
      /** Keeps `arrays`. */
      constructor(shape, step, arrays) {
        this.shape = shape;
        this.step = step;
        this.#arrays = arrays;
      }
      /** All zeros, no step done. */
      static zeros(shape, numSlots) {
        return new _ParameterSlots(
          shape,
          0,
          Array.from({ length: numSlots }, () => new Float32Array(tf2.util.sizeFromShape([...shape])))
        );
      }
      /** The slots for writing in place, or undefined while they are tensors of a backend without host memory. */
      arrays() {
        if (this.#tensors) {
          const copies = this.#tensors.map((tensor7) => hostValues(tensor7)?.slice());
          if (copies.includes(void 0)) return void 0;
          this.dispose();
          this.#arrays = copies;
        }
        return this.#arrays;
      }
      /** The slots as tensors, which this object owns. */
      tensors() {
        this.#tensors ??= this.#arrays.map((array) => tf2.keep(tf2.tensor(array, [...this.shape], "float32")));
        this.#arrays = [];
        return this.#tensors;
      }
      /** Takes over new tensors and disposes the old ones. */
      replace(tensors) {
        this.dispose();
        this.#tensors = tensors.map((tensor7) => tf2.keep(tensor7));
      }
      /** Copies of the slots as they are at the time of the call. */
      async read() {
        if (!this.#tensors) return this.#arrays.map((array) => array.slice());
        const clones = this.#tensors.map((tensor7) => tf2.keep(tensor7.clone()));
        const read = await Promise.all(clones.map((clone) => clone.data()));
        for (const clone of clones) clone.dispose();
        return read.map((values) => Float32Array.from(values));
      }
      /** Frees the tensors. */
      dispose() {
        for (const tensor7 of this.#tensors ?? []) tensor7.dispose();
        this.#tensors = void 0;
      }
    };
  }
});

// packages/optim/src/optimizer-state.ts
async function encodeState(rule, parameters) {
  const entries = await Promise.all(
    [...parameters].map(async ([name, slots]) => {
      const { step, shape } = slots;
      const arrays = await slots.read();
      const tensors = rule.slotNames.map((slotName, index) => [slotName, hostTensor(arrays[index], shape)]);
      return [name, { step, shape: [...shape], ...Object.fromEntries(tensors) }];
    })
  );
  return { algorithm: rule.name, parameters: Object.fromEntries(entries) };
}
function decodeState(rule, state) {
  if (!isRecord(state) || typeof state["algorithm"] !== "string" || !isRecord(state["parameters"])) {
    throw wrongState("The optimizer's state is malformed: it lacks algorithm or parameters.", "Expected what saveState() returned.");
  }
  if (state["algorithm"] !== rule.name) {
    throw wrongState(
      `The state is of ${show(state["algorithm"])}, but the optimizer is ${rule.name}.`,
      "Build the optimizer that the state was saved from, or start without its state."
    );
  }
  return new Map(Object.entries(state["parameters"]).map(([name, entry]) => [name, decodeEntry(rule, name, entry)]));
}
function wrongState(happened, expected) {
  return new SnapfitError("OPTIMIZER_STATE", `${happened} ${expected}`);
}
function decodeEntry(rule, name, entry) {
  if (!isRecord(entry))
    throw wrongState(`The optimizer's state of parameter "${name}" is ${show(entry)}.`, "Expected a record with step, shape and slots.");
  const { step, shape, ...slots } = entry;
  if (!Number.isSafeInteger(step) || step < 0) {
    throw wrongState(`The step of parameter "${name}" is ${show(step)}.`, "Expected a whole number of at least 0.");
  }
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw wrongState(`The shape of parameter "${name}" is ${show(shape)}.`, "Expected an array of whole numbers.");
  }
  const found = Object.keys(slots).sort().join(", ") || "none";
  const wanted = [...rule.slotNames].sort().join(", ") || "none";
  if (found !== wanted) {
    throw wrongState(
      `The slots of parameter "${name}" are: ${found}.`,
      `Expected: ${wanted}. The optimizer was built with other options (momentum?) than the one saved.`
    );
  }
  const arrays = rule.slotNames.map((slotName) => decodeSlot(name, slotName, shape, slots[slotName]));
  return new ParameterSlots(shape, step, arrays);
}
function decodeSlot(name, slotName, shape, slot2) {
  if (isHostTensor(slot2) && !hasSameShape(slot2.shape, shape)) {
    throw wrongState(
      `Slot ${slotName} of parameter "${name}" has shape [${slot2.shape.join(", ")}].`,
      `Expected [${shape.join(", ")}], as its parameter.`
    );
  }
  const data2 = isHostTensor(slot2) ? slot2.data : slot2;
  const size = shape.reduce((product, length) => product * length, 1);
  if (!(data2 instanceof Float32Array) || data2.length !== size) {
    const got = data2 instanceof Float32Array ? `${data2.length} values` : show(data2);
    throw wrongState(
      `Slot ${slotName} of parameter "${name}" is ${got}.`,
      `Expected a Float32Array of ${size} values for shape [${shape.join(", ")}].`
    );
  }
  return data2.slice();
}
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
var init_optimizer_state = __esm({
  "packages/optim/src/optimizer-state.ts"() {
    "use strict";
    init_src();
    init_check_gradients();
    init_check_options();
    init_parameter_slots();
  }
});

// packages/optim/src/private-storage.ts
import * as tf3 from "@tensorflow/tfjs";
var PrivateStorage;
var init_private_storage = __esm({
  "packages/optim/src/private-storage.ts"() {
    "use strict";
    init_host_values();
    PrivateStorage = class {
      #owned = /* @__PURE__ */ new WeakMap();
      /** The values of a float32 variable in host memory, for writing at once. Ask again for every use. */
      writable(variable) {
        const isOurs = this.#owned.get(variable) === variable.dataId && tf3.backend().refCount(variable.dataId) === 1;
        if (isOurs) dropDerived(variable);
        else {
          const copy = tf3.tensor(hostValues(variable).slice(), variable.shape, "float32");
          variable.assign(copy);
          copy.dispose();
          this.#owned.set(variable, variable.dataId);
        }
        return hostValues(variable);
      }
    };
  }
});

// packages/optim/src/slot-optimizer.ts
import * as tf4 from "@tensorflow/tfjs";
var SlotOptimizer;
var init_slot_optimizer = __esm({
  "packages/optim/src/slot-optimizer.ts"() {
    "use strict";
    init_src();
    init_check_gradients();
    init_host_values();
    init_optimizer_state();
    init_parameter_slots();
    init_private_storage();
    SlotOptimizer = class {
      name;
      groups;
      #rule;
      #groups;
      #storage = new PrivateStorage();
      #slots = /* @__PURE__ */ new Map();
      constructor(rule, groups) {
        this.name = rule.name;
        this.groups = groups.rates;
        this.#rule = rule;
        this.#groups = groups;
      }
      apply(gradients, parameters, rateFactor) {
        if (!Number.isFinite(rateFactor) || rateFactor < 0) {
          throw new SnapfitError(
            "RATE_INVALID",
            `The rate factor is ${rateFactor}. Expected a finite number of at least 0; check the schedule.`
          );
        }
        checkGradients(gradients, parameters);
        this.#checkSlots(gradients.keys(), parameters);
        for (const [name, gradient] of gradients) this.#update(name, gradient, parameters.get(name), rateFactor);
      }
      async saveState() {
        return encodeState(this.#rule, this.#slots);
      }
      loadState(state) {
        const loaded = decodeState(this.#rule, state);
        this.dispose();
        this.#slots = loaded;
      }
      dispose() {
        for (const slots of this.#slots.values()) slots.dispose();
        this.#slots = /* @__PURE__ */ new Map();
      }
      #update(name, gradient, parameter, rateFactor) {
        const slots = this.#slotsOf(name, parameter);
        const { learningRate, weightDecay } = this.#groups.of(name, parameter.rank);
        const moment = { step: slots.step + 1, learningRate: learningRate * rateFactor, weightDecay };
        const arrays = hostValues(parameter) && hostValues(gradient) && slots.arrays();
        if (arrays) {
          const values = this.#storage.writable(parameter);
          this.#rule.updateArrays(moment, values, hostValues(gradient), arrays);
        } else {
          this.#updateTensors(moment, parameter, gradient, slots);
        }
        slots.step = moment.step;
      }
      #updateTensors(moment, parameter, gradient, slots) {
        const [values, ...newSlots] = tf4.tidy(() => this.#rule.updateTensors(moment, parameter, gradient, slots.tensors()));
        parameter.assign(values);
        values.dispose();
        slots.replace(newSlots);
      }
      #slotsOf(name, parameter) {
        let slots = this.#slots.get(name);
        if (!slots) {
          slots = ParameterSlots.zeros(parameter.shape, this.#rule.slotNames.length);
          this.#slots.set(name, slots);
        }
        return slots;
      }
      #checkSlots(names2, parameters) {
        for (const name of names2) {
          const slots = this.#slots.get(name);
          const shape = parameters.get(name).shape;
          if (slots && !hasSameShape(slots.shape, shape)) {
            throw wrongState(
              `The optimizer's state of parameter "${name}" has shape [${slots.shape.join(", ")}], but the parameter has [${shape.join(", ")}].`,
              "Load the state of the same model, or start without it."
            );
          }
        }
      }
    };
  }
});

// packages/optim/src/adam.ts
function adam(options = {}) {
  return adamOptimizer("adam", options, 0, false);
}
function adamOptimizer(name, options, weightDecay, isDecoupled) {
  const beta = numberFrom(0, 1, true);
  checkOptions(name, options, { ...rateChecks, beta1: beta, beta2: beta, epsilon: numberFrom(0) });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const groups = new ParameterGroups(name, options, { learningRate: 1e-3, weightDecay });
  return new SlotOptimizer(adamRule(name, { beta1, beta2, epsilon, isDecoupled }), groups);
}
var init_adam = __esm({
  "packages/optim/src/adam.ts"() {
    "use strict";
    init_adam_rule();
    init_check_options();
    init_parameter_groups();
    init_slot_optimizer();
  }
});

// packages/optim/src/exponential.ts
function exponential(options) {
  checkOptions("exponential", options, { factor: numberFrom(0, 1), unit: oneOf("epoch", "step") }, ["factor"]);
  const { factor, unit = "epoch" } = options;
  return { unit, at: (moment) => factor ** moment[unit] };
}
var init_exponential = __esm({
  "packages/optim/src/exponential.ts"() {
    "use strict";
    init_check_options();
  }
});

// packages/optim/src/index.ts
var init_src2 = __esm({
  "packages/optim/src/index.ts"() {
    init_adam();
    init_exponential();
    init_host_values();
  }
});

// packages/core/src/device-table.ts
import * as tf5 from "@tensorflow/tfjs";
async function loadModule(specifier, backend3) {
  if (tf5.findBackendFactory(backend3) !== null) return true;
  try {
    await import(
      /* @vite-ignore */
      /* webpackIgnore: true */
      specifier
    );
  } catch {
    return false;
  }
  return tf5.findBackendFactory(backend3) !== null;
}
var deviceRows;
var init_device_table = __esm({
  "packages/core/src/device-table.ts"() {
    "use strict";
    deviceRows = [
      { name: "wasm", load: () => loadModule("@tensorflow/tfjs-backend-wasm", "wasm"), install: "npm i @tensorflow/tfjs-backend-wasm", merit: "several times faster than cpu" },
      { name: "cpu", load: () => Promise.resolve(true), install: "npm i @tensorflow/tfjs", merit: "plain JavaScript" }
    ];
  }
});

// packages/core/src/model.ts
function isLayersModel(model) {
  return typeof model === "object" && model !== null && "layers" in model && "predictOnBatch" in model;
}
function checkModel(model) {
  if (isLayersModel(model) || typeof model?.parameters === "function") return;
  throw new SnapfitError("MODEL_INVALID", `The model is ${describe(model)}. Give a tf.LayersModel, an object with parameters(): Map<string, tf.Variable>, or a function that makes one.`);
}
function describe(value) {
  if (value === null || typeof value !== "object") return `${typeof value} ${String(value)}`;
  return value instanceof Promise ? "a promise" : `an object with ${Object.keys(value).slice(0, 5).join(", ") || "no members"}`;
}
var init_model = __esm({
  "packages/core/src/model.ts"() {
    "use strict";
    init_src();
  }
});

// packages/core/src/console/format.ts
function formatValues(values) {
  return Object.entries(values).map(([name, value]) => `${name}:${value.toFixed(3)}`).join(", ");
}
function formatTime(seconds) {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}
function formatEpoch(epoch, numEpochs, minWidth = 0) {
  return `[${String(epoch).padStart(Math.max(minWidth, String(numEpochs ?? epoch).length))}${numEpochs === void 0 ? "" : `/${numEpochs}`}]`;
}
function epochLine(epoch, numEpochs, train, valid, seconds) {
  const parts = [formatValues(train), valid === void 0 ? "" : `(val) ${formatValues(valid)}`].filter(Boolean);
  return [formatEpoch(epoch, numEpochs, 3), ...parts.length > 0 ? [parts.join(" | ")] : [], `(${formatTime(seconds)})`].join(" ");
}
var init_format = __esm({
  "packages/core/src/console/format.ts"() {
    "use strict";
  }
});

// packages/core/src/console/text-width.ts
function textWidth(text) {
  let width = 0;
  for (const character of text) width += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}
function fitText(text, columns) {
  let fitted = "";
  let width = 0;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    fitted += character;
  }
  return fitted;
}
function padText(text, columns) {
  return text + " ".repeat(Math.max(0, columns - textWidth(text)));
}
var wide, zero;
var init_text_width = __esm({
  "packages/core/src/console/text-width.ts"() {
    "use strict";
    wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
    zero = new RegExp("\\p{Mn}|\\p{Me}|\\p{Cf}|[\\u1160-\\u11ff\\ud7b0-\\ud7ff]", "u");
  }
});

// packages/core/src/batch.ts
import * as tf6 from "@tensorflow/tfjs";
function eachLeaf(value, visit) {
  if (value instanceof tf6.Tensor || isHostTensor(value)) visit(value);
  else if (Array.isArray(value)) for (const item of value) eachLeaf(item, visit);
  else if (isRecord2(value)) for (const key in value) eachLeaf(value[key], visit);
  else visit(value);
}
function isRecord2(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
function firstInput(batch) {
  const [first] = tensorsIn(batch);
  if (first) return first;
  throw new SnapfitError("BATCH_SIZE", "The batch holds no tensor to pass to the model. The default predictStep passes the first one. Override predictStep(batch, index).");
}
function tensorsIn(batch) {
  const found = [];
  eachLeaf(batch, (leaf) => {
    if (leaf instanceof tf6.Tensor) found.push(leaf);
  });
  return found;
}
function firstDimension(batch) {
  let size;
  let different;
  eachLeaf(batch, (leaf) => {
    const shape = leaf instanceof tf6.Tensor || isHostTensor(leaf) ? leaf.shape : void 0;
    const length = shape?.[0];
    if (length === void 0) return;
    if (size === void 0) size = length;
    else if (length !== size) different = length;
  });
  if (size === void 0 || different !== void 0) {
    const what = size === void 0 ? "The batch holds no array with a first dimension" : `Arrays of one batch have ${size} and ${different} as their first dimension`;
    throw new SnapfitError("BATCH_SIZE", `${what}. The number of samples is the first dimension that all arrays share. Override batchSize(batch) to say it.`);
  }
  return size;
}
function toTensors(batch) {
  if (batch instanceof tf6.Tensor) return batch;
  if (isHostTensor(batch)) return toTensor(batch);
  if (Array.isArray(batch)) return batch.map(toTensors);
  if (!isRecord2(batch)) return batch;
  const tensors = {};
  for (const key in batch) tensors[key] = toTensors(batch[key]);
  return tensors;
}
function toTensor({ data: data2, shape, dtype }) {
  if (dtype === "uint8") return tf6.tensor(Int32Array.from(data2), [...shape], "int32");
  return tf6.tensor(data2, [...shape], dtype);
}
async function toHostTensor(tensor7) {
  return hostCopy(tensor7, await tensor7.data());
}
function hostCopy(tensor7, values) {
  const shape = [...tensor7.shape];
  if (tensor7.dtype === "float32") return { dtype: "float32", shape, data: Float32Array.from(values) };
  if (tensor7.dtype === "int32") return { dtype: "int32", shape, data: Int32Array.from(values) };
  if (tensor7.dtype === "bool") return { dtype: "bool", shape, data: Uint8Array.from(values) };
  throw new SnapfitError("DTYPE_MISMATCH", `A ${tensor7.dtype} tensor cannot be read into host memory. float32, int32 and bool can. Cast it first.`);
}
var init_batch = __esm({
  "packages/core/src/batch.ts"() {
    "use strict";
    init_src();
  }
});

// packages/core/src/awaitable.ts
function isPromise(value) {
  return typeof value?.then === "function";
}
var init_awaitable = __esm({
  "packages/core/src/awaitable.ts"() {
    "use strict";
  }
});

// packages/core/src/metric-set.ts
var MetricSet;
var init_metric_set = __esm({
  "packages/core/src/metric-set.ts"() {
    "use strict";
    MetricSet = class {
      #metrics;
      constructor(metrics = {}) {
        this.#metrics = metrics;
      }
      update(outputs) {
        for (const name in this.#metrics) this.#metrics[name].update(outputs);
      }
      reset() {
        for (const name in this.#metrics) this.#metrics[name].reset();
      }
      /** Values by name over all ranks; a metric with several values gives `name/part`. The metrics themselves stay as they are. */
      async compute(group) {
        const values = {};
        for (const [name, metric] of Object.entries(this.#metrics)) {
          const own = metric.saveState();
          const isShared = group.size > 1;
          if (isShared) {
            metric.reset();
            for (const state of await group.allGather(own)) metric.merge(state);
          }
          const value = metric.compute();
          if (isShared) metric.loadState(own);
          if (typeof value === "number") values[name] = value;
          else for (const [part, number] of Object.entries(value)) values[`${name}/${part}`] = number;
        }
        return values;
      }
      saveState() {
        return Object.fromEntries(Object.entries(this.#metrics).map(([name, metric]) => [name, metric.saveState()]));
      }
      loadState(state) {
        for (const [name, metric] of Object.entries(this.#metrics)) {
          const own = state[name];
          if (own === void 0) metric.reset();
          else metric.loadState(own);
        }
      }
    };
  }
});

// packages/core/src/pending-scalars.ts
import * as tf8 from "@tensorflow/tfjs";
function enter({ name, weight, into }, value) {
  for (const means of into) means.add(name, value, weight);
}
function readIfOnHost(value) {
  if (typeof value === "number") return value;
  const values = hostValues(value);
  if (values === void 0) return value;
  const number = values[0];
  value.dispose();
  return number;
}
var PendingScalars;
var init_pending_scalars = __esm({
  "packages/core/src/pending-scalars.ts"() {
    "use strict";
    init_src2();
    PendingScalars = class {
      #waiting = [];
      add(scalar3) {
        if (typeof scalar3.value === "number" && this.#waiting.length === 0) enter(scalar3, scalar3.value);
        else this.#waiting.push(scalar3);
      }
      /** Reads all and adds them to their means, in the order of their adding. */
      async resolve() {
        const scalars = this.#waiting;
        if (scalars.length === 0) return;
        this.#waiting = [];
        const values = await Promise.all(scalars.map(({ value }) => typeof value === "number" ? Promise.resolve([value]) : value.data()));
        scalars.forEach((scalar3, i) => {
          enter(scalar3, values[i][0]);
          if (scalar3.value instanceof tf8.Tensor) scalar3.value.dispose();
        });
      }
      dispose() {
        for (const { value } of this.#waiting) if (value instanceof tf8.Tensor) value.dispose();
        this.#waiting = [];
      }
    };
  }
});

// packages/core/src/step-pass.ts
var StepPass;
var init_step_pass = __esm({
  "packages/core/src/step-pass.ts"() {
    "use strict";
    StepPass = class {
      /** @param numBatches batches of the window; 0 outside of steps. */
      constructor(numBatches2 = 0) {
        this.numBatches = numBatches2;
      }
      numBatches;
      scalars = [];
      outputs = [];
      /** Paths that had a gradient in any batch. */
      present = /* @__PURE__ */ new Set();
      hasLoss = false;
      /** The first loss that is not finite, where the backend keeps its data in host memory. */
      badLoss;
      /** Records logged in the step. */
      records = [];
      /** Whether a step runs: what is logged waits for its end. */
      get isOpen() {
        return this.numBatches > 0;
      }
    };
  }
});

// packages/core/src/sync-section.ts
import * as tf9 from "@tensorflow/tfjs";
function sectionRandomness() {
  return current;
}
function withSeededRandom(random, body) {
  const mathRandom = Math.random;
  Math.random = () => random().uniform();
  try {
    return body();
  } finally {
    Math.random = mathRandom;
  }
}
function runSection(randomness, body) {
  const outer = current;
  current = randomness;
  try {
    return withSeededRandom(() => randomness.random, body);
  } catch (error) {
    clearTape();
    throw error;
  } finally {
    current = outer;
  }
}
function clearTape() {
  const { state } = tf9.engine();
  if (state.gradientDepth > 0) return;
  for (const node of state.activeTape ?? []) for (const tensor7 of node.saved ?? []) tensor7.dispose();
  state.activeTape = null;
}
var SectionRandomness, current;
var init_sync_section = __esm({
  "packages/core/src/sync-section.ts"() {
    "use strict";
    SectionRandomness = class {
      /**
       * @param firstSample index of the batch's first sample in its window, over all ranks: so that splitting a batch keeps the masks.
       * @param numSamples samples in the batch.
       */
      constructor(makeRandom, makeMasks, firstSample, numSamples) {
        this.firstSample = firstSample;
        this.numSamples = numSamples;
        this.#makeRandom = makeRandom;
        this.#makeMasks = makeMasks;
      }
      firstSample;
      numSamples;
      #calls;
      #makeRandom;
      #makeMasks;
      #random;
      #masks;
      /** Calls of dropout so far, by layer path. */
      get calls() {
        return this.#calls ??= /* @__PURE__ */ new Map();
      }
      /** Serves `Math.random` inside the section. */
      get random() {
        return this.#random ??= this.#makeRandom();
      }
      /** The parent of all dropout masks of this window. */
      get masks() {
        return this.#masks ??= this.#makeMasks();
      }
    };
  }
});

// packages/core/src/weighted-means.ts
var WeightedMeans;
var init_weighted_means = __esm({
  "packages/core/src/weighted-means.ts"() {
    "use strict";
    WeightedMeans = class _WeightedMeans {
      #sums = /* @__PURE__ */ new Map();
      add(name, value, weight) {
        const sum3 = this.#sums.get(name);
        if (sum3 === void 0) this.#sums.set(name, { total: value * weight, weight });
        else {
          sum3.total += value * weight;
          sum3.weight += weight;
        }
      }
      get isEmpty() {
        return this.#sums.size === 0;
      }
      means() {
        return Object.fromEntries([...this.#sums].map(([name, { total, weight }]) => [name, total / weight]));
      }
      /** The means over all ranks, summed in rank order so that every rank has the same bits. */
      async meansOver(group) {
        if (group.size === 1) return this.means();
        const all = new _WeightedMeans();
        for (const state of await group.allGather(this.saveState())) all.#merge(state);
        return all.means();
      }
      reset() {
        this.#sums.clear();
      }
      saveState() {
        return Object.fromEntries([...this.#sums].map(([name, { total, weight }]) => [name, [total, weight]]));
      }
      loadState(state) {
        this.#sums.clear();
        this.#merge(state);
      }
      #merge(state) {
        for (const [name, sum3] of Object.entries(state)) {
          const [total, weight] = sum3;
          const own = this.#sums.get(name);
          this.#sums.set(name, { total: (own?.total ?? 0) + total, weight: (own?.weight ?? 0) + weight });
        }
      }
    };
  }
});

// packages/core/src/dropout.ts
import * as tf10 from "@tensorflow/tfjs";
function dropout(inputs, rate, path, randomness, noiseShape) {
  if (!(rate >= 0 && rate < 1)) throw new SnapfitError("OPTION_INVALID", `dropout got rate ${rate}. It takes the share of values to drop, at least 0 and less than 1.`);
  if (rate === 0) return inputs.clone();
  const { masks, firstSample, numSamples, calls } = randomness;
  const call = calls.get(path) ?? 0;
  calls.set(path, call + 1);
  const shape = inputs.shape.map((length, axis) => noiseShape?.[axis] ?? length);
  const uniform = new Float32Array(shape.reduce((size, length) => size * length, 1));
  const perSample = uniform.length % numSamples === 0 ? uniform.length / numSamples : 0;
  masks.split(path, call).fillUniformAt(uniform, firstSample * perSample);
  const scale = 1 / (1 - rate);
  for (let i = 0; i < uniform.length; i++) uniform[i] = uniform[i] < rate ? 0 : scale;
  return tf10.mul(inputs, tf10.tensor(uniform, shape));
}
var init_dropout = __esm({
  "packages/core/src/dropout.ts"() {
    "use strict";
    init_src();
  }
});

// packages/core/src/weights.ts
async function readWeights(variables) {
  const tensors = await Promise.all([...variables.values()].map((variable) => toHostTensor(variable)));
  return Object.fromEntries([...variables.keys()].map((path, i) => [path, tensors[i]]));
}
function compareWeights(variables, weights) {
  const different = [];
  for (const [path, variable] of variables) {
    const given = weights[path];
    if (given === void 0) continue;
    if (!isHostTensor(given)) different.push(`${path} is given as no host tensor`);
    else if (given.data.length !== variable.size && given.shape.join() === variable.shape.join()) different.push(`${path} is given as ${given.data.length} values for [${given.shape.join(", ")}]`);
    else if (given.dtype !== variable.dtype || given.shape.join() !== variable.shape.join()) {
      different.push(`${path} is ${variable.dtype} [${variable.shape.join(", ")}], given ${given.dtype} [${given.shape.join(", ")}]`);
    }
  }
  return {
    missing: [...variables.keys()].filter((path) => weights[path] === void 0),
    unexpected: Object.keys(weights).filter((path) => !variables.has(path)),
    different
  };
}
function assignWeights(variables, weights, strict) {
  const mismatch2 = compareWeights(variables, weights);
  const { missing, unexpected, different } = mismatch2;
  if (strict && missing.length + unexpected.length + different.length > 0) {
    const parts = [missing.length > 0 && `missing: ${missing.join(", ")}`, unexpected.length > 0 && `unexpected: ${unexpected.join(", ")}`, different.length > 0 && `different: ${different.join("; ")}`];
    throw new SnapfitError("WEIGHTS_MISMATCH", `The weights do not fit the model; ${parts.filter(Boolean).join("; ")}. Every parameter must be there with its dtype and shape. Build the same model, or pass { strict: false } to take what fits.`);
  }
  for (const [path, variable] of variables) {
    const given = weights[path];
    if (given === void 0 || different.some((text) => text.startsWith(`${path} is `))) continue;
    const tensor7 = toTensor({ ...given, data: given.data.slice() });
    variable.assign(tensor7);
    tensor7.dispose();
  }
  return mismatch2;
}
var init_weights = __esm({
  "packages/core/src/weights.ts"() {
    "use strict";
    init_src();
    init_batch();
  }
});

// packages/core/src/run-folder.ts
var run_folder_exports = {};
__export(run_folder_exports, {
  claimRunFolder: () => claimRunFolder
});
async function claimRunFolder(session, storage, mayReopen) {
  const { group, options, runName } = session;
  const base = `${options.outputDir.replace(/\/+$/, "")}/${runName}`;
  const own = group.rank === 0 ? await claim(storage, base, mayReopen) : "";
  return group.broadcast(own);
}
async function claim(storage, base, mayReopen) {
  if (mayReopen && (await storage.stat(base))?.kind === "folder") return base;
  for (let i = 1; ; i++) {
    const folder = i === 1 ? base : `${base}-${i}`;
    if (await storage.stat(folder) !== void 0) continue;
    try {
      await storage.write(`${folder}/run.json`, new TextEncoder().encode("{}\n"), { exclusive: true });
      return folder;
    } catch (error) {
      if (!(error instanceof SnapfitError && error.code === "EXISTS")) throw error;
    }
  }
}
var init_run_folder = __esm({
  "packages/core/src/run-folder.ts"() {
    "use strict";
    init_src();
  }
});

// packages/core/src/best-model.ts
function isBetter(value, best, mode) {
  if (!Number.isFinite(value)) return false;
  if (best === void 0) return true;
  return mode === "max" ? value > best.value : value < best.value;
}
function saveBest(best) {
  return best === void 0 ? null : { ...best };
}
function loadBest(state) {
  return state == null ? void 0 : state;
}
var init_best_model = __esm({
  "packages/core/src/best-model.ts"() {
    "use strict";
  }
});

// packages/core/src/not-finite.ts
function notFiniteError(what) {
  return new SnapfitError("NOT_FINITE", `${what} Lower the learning rate, clip gradients, or look at the batch for values out of range.`);
}
async function checkGradientNorms(session) {
  const waiting = session.gradientNorms;
  if (waiting.length === 0) return;
  session.gradientNorms = [];
  const norms = await Promise.all(waiting.map(async ({ norm }) => (await norm.data())[0]));
  for (const { norm } of waiting) norm.dispose();
  const bad = waiting.find((_, i) => !Number.isFinite(norms[i]));
  if (bad !== void 0) throw notFiniteError(`Gradients were not finite in step ${bad.step}. They were taken as zeros there, so the weights are still finite.`);
  for (const norm of norms) warnOfLargeNorm(session, norm);
}
function warnOfLargeNorm(session, norm) {
  const { options: { clip: clip2 }, counters: { globalEpoch }, console: console2 } = session;
  if (clip2 === void 0 || norm <= (clip2.warnAbove ?? 10) || session.warnedOfNorm === globalEpoch) return;
  session.warnedOfNorm = globalEpoch;
  console2.warning(`Large gradient norm: ${norm.toFixed(2)}`);
}
var init_not_finite = __esm({
  "packages/core/src/not-finite.ts"() {
    "use strict";
    init_src();
  }
});

// packages/core/src/window.ts
function isLoader(source) {
  return typeof source?.saveState === "function" && typeof source?.loadState === "function";
}
function openPass(source) {
  const iterable = typeof source === "function" ? source() : source;
  const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  if (iterator === iterable) {
    if (begun.has(iterable)) {
      throw new SnapfitError("ONE_SHOT_LOADER", "The loader is an iterator that has been used up by an earlier pass. Each pass needs a new one. Pass a function that makes it: train: () => batches().");
    }
    begun.add(iterable);
  }
  return iterator;
}
function takeSource({ position, counters, isEpochRunning, validationDue, console: console2 }, source) {
  const { restored } = position;
  position.source = source;
  position.restored = void 0;
  if (isLoader(source)) {
    if (restored) source.loadState(restored);
    return;
  }
  if (!isEpochRunning || counters.batch === 0 || validationDue === "epoch") return;
  console2.info(`The loader cannot say where it was: skipping the ${counters.batch} batches of this epoch that were seen. The run equals an uninterrupted one only if it yields the same batches again.`);
  position.toSkip = counters.batch;
}
function loaderState({ source, samples, isPassOpen, held, restored }) {
  if (restored !== void 0) return restored;
  if (held !== void 0) return held;
  return isLoader(source) ? source.saveState(isPassOpen ? samples : 0) : void 0;
}
var begun, WindowReader;
var init_window = __esm({
  "packages/core/src/window.ts"() {
    "use strict";
    init_src();
    begun = /* @__PURE__ */ new WeakSet();
    WindowReader = class _WindowReader {
      #session;
      #iterator;
      #limit;
      #left = false;
      /** Whether an epoch goes on with this pass, and nothing has been read of it yet. */
      #isUnreadRest = false;
      constructor(session, iterator, limit) {
        this.#session = session;
        this.#iterator = iterator;
        this.#limit = limit;
      }
      /** Opens the pass; in a resumed epoch where it stood. */
      static async open(session, source, limit) {
        const { counters, position } = session;
        const reader = new _WindowReader(session, openPass(source), limit);
        position.isPassOpen = true;
        reader.#isUnreadRest = counters.batch > 0;
        for (; position.toSkip > 0; position.toSkip -= 1) await reader.#iterator.next();
        return reader;
      }
      /** The next window, or undefined when no rank has a batch left. */
      async next() {
        const { options, counters, trainer, group } = this.#session;
        const batches = [];
        while (batches.length < options.accumulate && !this.#left) {
          if (counters.batch + batches.length >= this.#limit) break;
          this.#isUnreadRest = false;
          const item = this.#iterator.next();
          const { done, value } = "then" in item ? await item : item;
          if (done === true) this.#left = true;
          else batches.push(value);
        }
        const weights = batches.map((batch) => trainer.batchWeight(batch));
        const sizes = batches.map((batch) => trainer.batchSize(batch));
        const all = group.size === 1 ? [{ weights, sizes }] : await group.allGather({ weights, sizes });
        const firstSamples = [];
        let totalSize = 0;
        let totalWeight = 0;
        for (let i = 0; i < options.accumulate; i++) {
          for (let rank = 0; rank < all.length; rank++) {
            if (rank === group.rank && i < sizes.length) firstSamples.push(totalSize);
            totalSize += all[rank].sizes[i] ?? 0;
            totalWeight += all[rank].weights[i] ?? 0;
          }
        }
        if (all.every((rank) => rank.sizes.length === 0)) return void 0;
        return { batches, weights, sizes, firstIndex: counters.batch, totalWeight, totalSize, firstSamples };
      }
      /** Leaves the pass; the loader may release what it holds. After an interruption a saved state still says where the pass stood. */
      async close(wasInterrupted) {
        const { position } = this.#session;
        position.held = wasInterrupted ? loaderState(position) : void 0;
        position.isPassOpen = false;
        if (this.#isUnreadRest && !wasInterrupted) await this.#iterator.next();
        if (!this.#left) await this.#iterator.return?.();
      }
    };
  }
});

// packages/core/src/run-state.ts
var run_state_exports = {};
__export(run_state_exports, {
  applyRunState: () => applyRunState,
  captureRunState: () => captureRunState,
  loadRunState: () => loadRunState,
  saveRunState: () => saveRunState
});
async function saveRunState(session) {
  await checkGradientNorms(session);
  await session.pending.resolve();
  const { model, optimizers, stoppers, counters, history, fits, best, position, validationLoader } = session;
  const optimizerStates = await Promise.all(optimizers.map(async ({ name, optimizer, driver }) => [name, { slots: await optimizer.saveState(), schedule: driver.saveState() }]));
  return {
    version: VERSION,
    weights: session.rawWeights ?? await readWeights(model.weights()),
    optimizers: Object.fromEntries(optimizerStates),
    stoppers: { train: stoppers.train?.saveState() ?? null, valid: stoppers.valid?.saveState() ?? null },
    progress: { ...counters },
    windows: session.windows,
    seed: session.seed,
    history: { train: copyColumns(history.train), valid: copyColumns(history.valid) },
    fits: fits.map((entry) => ({ ...entry, finished: entry.finished && { ...entry.finished }, limits: { ...entry.limits } })),
    epoch: { isRunning: session.isEpochRunning, validationDue: session.validationDue, validated: session.validated, isTrainStopperAsked: session.isTrainStopperAsked },
    finish: session.stops.finish ?? null,
    startsFrom: session.startsFrom,
    best: saveBest(best),
    validationLoader: validationLoader.restored ?? (isLoader(validationLoader.source) ? validationLoader.source.saveState(0) : null),
    perRank: {
      loader: loaderState(position) ?? null,
      passSamples: position.samples,
      batch: counters.batch,
      epochMeans: session.epochMeans.saveState(),
      recordMeans: session.recordMeans.saveState(),
      records: await session.logs.saveState(),
      metrics: session.metrics.train.saveState(),
      streams: Object.fromEntries([...session.streams].map(([name, stream]) => [name, stream.saveState()]))
    },
    environment: { fitSeconds: session.fitSeconds() }
  };
}
function loadRunState(session, state) {
  if (state["version"] !== void 0 && state["version"] !== VERSION) {
    throw new SnapfitError("STATE_VERSION", `The state has version ${String(state["version"])}. This version of @snapfit/core reads version ${VERSION}. Use the version that wrote it.`);
  }
  const epoch = record(state["epoch"]);
  const perRank = record(state["perRank"]);
  const history = record(state["history"]);
  if (state["weights"] !== void 0) assignWeights(session.model.weights(), state["weights"], true);
  loadOptimizers(session, record(state["optimizers"]));
  const stoppers = record(state["stoppers"]);
  if (stoppers["train"]) session.stoppers.train?.loadState(record(stoppers["train"]));
  if (stoppers["valid"]) session.stoppers.valid?.loadState(record(stoppers["valid"]));
  const none = { fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 };
  Object.assign(session.counters, none, record(state["progress"]));
  session.counters.batch = Number(perRank["batch"] ?? session.counters.batch);
  session.windows = Number(state["windows"] ?? 0);
  session.seed = Number(state["seed"] ?? session.seed);
  session.history = { train: copyColumns(record(history["train"])), valid: copyColumns(record(history["valid"])) };
  session.fits = (state["fits"] ?? []).map((entry) => ({ ...entry }));
  session.isEpochRunning = epoch["isRunning"] === true;
  session.validationDue = epoch["validationDue"] ?? null;
  session.validated = epoch["validated"] ?? null;
  session.isTrainStopperAsked = epoch["isTrainStopperAsked"] === true;
  session.stops.clear();
  if (typeof state["finish"] === "string") session.stops.ask({ kind: "finish", reason: state["finish"] });
  session.startsFrom = state["startsFrom"] ?? "last";
  session.best = loadBest(state["best"]);
  session.validationLoader = { source: void 0, restored: state["validationLoader"] ?? void 0 };
  session.position.restored = perRank["loader"] ?? void 0;
  session.position.held = void 0;
  session.position.samples = Number(perRank["passSamples"] ?? 0);
  session.epochMeans.loadState(record(perRank["epochMeans"]));
  session.recordMeans.loadState(record(perRank["recordMeans"]));
  session.logs.loadState(perRank["records"] ?? []);
  session.metrics.train.loadState(record(perRank["metrics"]));
  loadStreams(session, record(perRank["streams"]));
  session.fitSecondsBefore = Number(record(state["environment"])["fitSeconds"] ?? 0);
  session.restoredFits = session.fits.length;
  session.fitCalls = 0;
}
function loadOptimizers({ optimizers, console: console2 }, states) {
  for (const { name, optimizer, driver } of optimizers) {
    const own = record(states[name]);
    if (own["slots"] === void 0) {
      console2.warning(`The state holds nothing of the optimizer "${name}": it starts anew.`);
      continue;
    }
    optimizer.loadState(record(own["slots"]));
    driver.loadState(record(own["schedule"]));
  }
}
function loadStreams({ streams }, states) {
  streams.clear();
  for (const [name, state] of Object.entries(states)) streams.set(name, RandomStream.fromState(state));
}
async function captureRunState(session) {
  const own = await session.trainer.saveState();
  const perRank = await session.group.allGather(own["perRank"] ?? {});
  const { perRank: _, ...shared } = own;
  return { ...await session.group.broadcast(shared), perRank };
}
async function applyRunState(session, state) {
  const { group, console: console2 } = session;
  const ranks = state["perRank"] ?? [];
  if (!Array.isArray(ranks)) throw new SnapfitError("STATE_MALFORMED", "The state has no list of ranks under perRank. applyState() takes what captureState() returned, not what saveState() did.");
  if (ranks.length !== group.size && ranks.length > 0) {
    console2.warning(`The state is of ${ranks.length} ranks, this run has ${group.size}: random streams and loader positions of ranks begin anew.`);
  }
  const own = ranks.length === group.size ? ranks[group.rank] : {};
  await session.trainer.loadState({ ...state, perRank: own });
}
function record(tree) {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) ? tree : {};
}
function copyColumns(columns) {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]]));
}
var VERSION;
var init_run_state = __esm({
  "packages/core/src/run-state.ts"() {
    "use strict";
    init_src();
    init_best_model();
    init_not_finite();
    init_weights();
    init_window();
    VERSION = 1;
  }
});

// packages/core/src/layer-paths.ts
function placeLayers(model) {
  const placed = [];
  const seen = /* @__PURE__ */ new Set();
  const visit = (layers2, prefix) => {
    layers2.forEach((layer, index) => {
      if (seen.has(layer)) return;
      seen.add(layer);
      const path = prefix + (hasAutomaticName(layer) ? `layers.${index}` : layer.name);
      const inner = layer.layers;
      if (Array.isArray(inner)) visit(inner, `${path}.`);
      else placed.push({ path, layer });
    });
  };
  visit(model.layers, "");
  return placed;
}
function hasAutomaticName(layer) {
  const { name } = layer;
  const className = layer.getClassName();
  if (/^input_?\d+$/i.test(name)) return true;
  const at = name.lastIndexOf(`_${className}`);
  if (at > 0 && /^\d+$/.test(name.slice(at + 1 + className.length))) return true;
  return className === "Sequential" || className === "Model" || className === "Functional" ? /^(sequential|model|functional)_?\d+$/i.test(name) : false;
}
function weightsByPath({ path, layer }) {
  const counts = /* @__PURE__ */ new Map();
  return layer.weights.map((weight) => {
    const local = weight.originalName.slice(weight.originalName.lastIndexOf("/") + 1);
    const count = counts.get(local) ?? 0;
    counts.set(local, count + 1);
    return [`${path}.${local}${count === 0 ? "" : `_${count}`}`, weight];
  });
}
var init_layer_paths = __esm({
  "packages/core/src/layer-paths.ts"() {
    "use strict";
  }
});

// packages/core/src/trained-model.ts
import * as tf11 from "@tensorflow/tfjs";
function adoptModel(model) {
  return isLayersModel(model) ? new LayersAdapter(model) : new SourceAdapter(model);
}
function replaceDropout({ path, layer }) {
  if (!["Dropout", "SpatialDropout1D"].includes(layer.getClassName())) return;
  const own = layer;
  const original = own.call.bind(layer);
  own.call = (inputs, kwargs) => {
    const randomness = sectionRandomness();
    if (randomness === void 0 || kwargs["training"] !== true) return original(inputs, kwargs);
    const input = Array.isArray(inputs) ? inputs[0] : inputs;
    const noiseShape = layer.getClassName() === "SpatialDropout1D" ? [null, 1, null] : own.noiseShape;
    return tf11.tidy(() => dropout(input, own.rate, path, randomness, noiseShape));
  };
}
var SourceAdapter, LayersAdapter;
var init_trained_model = __esm({
  "packages/core/src/trained-model.ts"() {
    "use strict";
    init_src();
    init_dropout();
    init_layer_paths();
    init_model();
    init_sync_section();
    SourceAdapter = class {
      constructor(source) {
        this.source = source;
      }
      source;
      parameters() {
        const parameters = this.source.parameters();
        if ([...parameters.values()].every((variable) => variable.trainable)) return parameters;
        return new Map([...parameters].filter(([, variable]) => variable.trainable));
      }
      weights() {
        const buffers = this.source.buffers?.();
        return buffers === void 0 ? this.source.parameters() : new Map([...this.source.parameters(), ...buffers]);
      }
      forward(inputs, training) {
        if (!this.source.forward) {
          throw new SnapfitError("NO_FORWARD", "The model has no forward(inputs, { training }), which this.forward() and the default predictStep need. Add it to the model, or override predictStep.");
        }
        return this.source.forward(inputs, { training });
      }
      regularization() {
      }
      applyConstraints() {
      }
    };
    LayersAdapter = class {
      constructor(source) {
        this.source = source;
        const layers2 = placeLayers(source);
        this.#weights = layers2.flatMap(weightsByPath);
        this.#byPath = new Map(this.#weights.map(([path, weight]) => [path, weight.read()]));
        this.#constrained = this.#weights.map(([, weight]) => weight).filter(({ constraint }) => constraint != null);
        this.#isRegularized = layers2.some(({ layer }) => layer.losses.length > 0);
        if (this.#byPath.size < this.#weights.length) {
          const twice = this.#weights.map(([path]) => path).find((path, i, paths) => paths.indexOf(path) !== i);
          throw new SnapfitError("MODEL_INVALID", `Two weights of the model have the path "${twice}". Paths are made of layer names, which must differ. Give one of the layers another name.`);
        }
        layers2.forEach(replaceDropout);
      }
      source;
      #weights;
      #byPath;
      #constrained;
      #isRegularized;
      parameters() {
        const parameters = /* @__PURE__ */ new Map();
        for (const [path, variable] of this.#byPath) if (variable.trainable) parameters.set(path, variable);
        return parameters;
      }
      weights() {
        return this.#byPath;
      }
      forward(inputs, training) {
        return this.source.apply(inputs, { training });
      }
      regularization() {
        return this.#isRegularized ? tf11.addN(this.source.calculateLosses()) : void 0;
      }
      applyConstraints() {
        for (const weight of this.#constrained) {
          tf11.tidy(() => {
            const variable = weight.read();
            variable.assign(weight.constraint.apply(variable));
          });
        }
      }
    };
  }
});

// packages/tfjs-fixes/src/fix.ts
import * as tf12 from "@tensorflow/tfjs";
function kernelFix(fix, backends, make) {
  return {
    ...fix,
    backends,
    install(backendName) {
      const original = tf12.getKernel(fix.op, backendName);
      if (original !== void 0) tf12.unregisterKernel(fix.op, backendName);
      tf12.registerKernel({ ...original, kernelName: fix.op, backendName, kernelFunc: make(original?.kernelFunc, backendName) });
    }
  };
}
function gradientFix(fix, gradient) {
  return {
    ...fix,
    backends: "all",
    install() {
      if (tf12.getGradient(fix.op) !== void 0) tf12.unregisterGradient(fix.op);
      tf12.registerGradient({ ...gradient, kernelName: fix.op });
    }
  };
}
function layerFix(fix, patch) {
  return {
    ...fix,
    backends: "all",
    install() {
      const registered = tf12.serialization.SerializationMap.getMap().classNameMap[fix.op];
      if (registered !== void 0) patch(registered[0].prototype);
    }
  };
}
var init_fix = __esm({
  "packages/tfjs-fixes/src/fix.ts"() {
    "use strict";
  }
});

// packages/tfjs-fixes/src/host-kernel.ts
import * as tf13 from "@tensorflow/tfjs";
function computeOnHost(backend3, inputs, shape, dtype, fill) {
  if ("typedArrayFromHeap" in backend3) return computeOnHeap(backend3, inputs, shape, dtype, fill);
  const cpu = backend3;
  const output = allocate(tf13.util.sizeFromShape([...shape]), dtype);
  fill(output, ...inputs.map((input) => cpu.data.get(input.dataId).values));
  return cpu.makeTensorInfo(shape, dtype, output);
}
function computeOnHeap(wasm, inputs, ...[shape, dtype, fill]) {
  for (const input of inputs) wasm.dataIdMap.get(input.dataId);
  const output = wasm.makeOutput([...shape], dtype);
  const values = wasm.typedArrayFromHeap(output).fill(0);
  fill(values, ...inputs.map((input) => wasm.typedArrayFromHeap(input)));
  return output;
}
function allocate(size, dtype) {
  return dtype === "float32" ? new Float32Array(size) : dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}
function required(inputs, ...names2) {
  return Object.fromEntries(names2.map((name) => [name, inputs[name]]));
}
var init_host_kernel = __esm({
  "packages/tfjs-fixes/src/host-kernel.ts"() {
    "use strict";
  }
});

// packages/tfjs-fixes/src/sliding-window.ts
function window2d(info) {
  return {
    batch: info.batchSize,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    dilation: [1, info.dilationHeight, info.dilationWidth],
    padding: [0, info.padInfo.top, info.padInfo.left]
  };
}
function window3d(info) {
  return {
    batch: info.batchSize,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left]
  };
}
function forEachWindow(window, visit) {
  const pixels = new Int32Array(numTaps(window));
  const taps = new Int32Array(numTaps(window));
  const [depth, height, width] = window.input;
  let position = 0;
  for (let n = 0; n < window.batch; n++) {
    for (let od = 0; od < window.output[0]; od++) {
      for (let oh = 0; oh < window.output[1]; oh++) {
        for (let ow = 0; ow < window.output[2]; ow++) {
          let count = 0;
          let tap = 0;
          for (let kd = 0; kd < window.filter[0]; kd++) {
            const d = od * window.stride[0] + kd * window.dilation[0] - window.padding[0];
            for (let kh = 0; kh < window.filter[1]; kh++) {
              const h = oh * window.stride[1] + kh * window.dilation[1] - window.padding[1];
              for (let kw = 0; kw < window.filter[2]; kw++, tap++) {
                const w = ow * window.stride[2] + kw * window.dilation[2] - window.padding[2];
                if (d < 0 || d >= depth || h < 0 || h >= height || w < 0 || w >= width) continue;
                pixels[count] = ((n * depth + d) * height + h) * width + w;
                taps[count++] = tap;
              }
            }
          }
          visit(position++, pixels, taps, count);
        }
      }
    }
  }
}
var numTaps, numPositions;
var init_sliding_window = __esm({
  "packages/tfjs-fixes/src/sliding-window.ts"() {
    "use strict";
    numTaps = (window) => window.filter[0] * window.filter[1] * window.filter[2];
    numPositions = (window) => window.batch * window.output[0] * window.output[1] * window.output[2];
  }
});

// packages/tfjs-fixes/src/average-pool-gradient.ts
import * as tf14 from "@tensorflow/tfjs";
function borderFactors(window) {
  const sample = { ...window, batch: 1 };
  const factors = new Float32Array(numPositions(sample));
  forEachWindow(sample, (position, _pixels, _taps, count) => {
    factors[position] = numTaps(window) / count;
  });
  return factors.every((factor) => factor === 1) ? void 0 : factors;
}
function averagePoolFix(op, windowOf4) {
  const wrong4 = "With padding, gradients at the borders are divided by the full window instead of its part inside the input.";
  return kernelFix({ op, wrong: wrong4 }, ["cpu", "wasm", "webgpu"], (original) => (args) => {
    const { dy, input } = required(args.inputs, "dy", "input");
    const window = windowOf4(input.shape, args.attrs);
    const factors = borderFactors(window);
    if (factors === void 0) return original(args);
    const outputShape = op === "AvgPoolGrad" ? window.output.slice(1) : window.output;
    const scaled = tf14.tidy(() => tf14.mul(dy, tf14.tensor(factors, [1, ...outputShape, 1])));
    const dx = original({ ...args, inputs: { dy: scaled, input } });
    scaled.dispose();
    return dx;
  });
}
var averagePoolGradient, averagePool3dGradient;
var init_average_pool_gradient = __esm({
  "packages/tfjs-fixes/src/average-pool-gradient.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    averagePoolGradient = averagePoolFix(
      "AvgPoolGrad",
      (shape, { filterSize, strides, pad: pad3, dimRoundingMode }) => window2d(tf14.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad3, dimRoundingMode))
    );
    averagePool3dGradient = averagePoolFix(
      "AvgPool3DGrad",
      (shape, { filterSize, strides, pad: pad3, dimRoundingMode }) => window3d(
        tf14.backend_util.computePool3DInfo(
          shape,
          filterSize,
          strides,
          1,
          pad3,
          dimRoundingMode
        )
      )
    );
  }
});

// packages/tfjs-fixes/src/batch-normalization-layer.ts
import * as tf15 from "@tensorflow/tfjs";
function withMembers(layer, members, run) {
  const before = Object.fromEntries(Object.keys(members).map((key) => [key, layer[key]]));
  try {
    Object.assign(layer, members);
    return run();
  } finally {
    Object.assign(layer, before);
  }
}
function swapWithLast(x, axis) {
  const order = x.shape.map((_, i) => i);
  order[axis] = x.rank - 1;
  order[x.rank - 1] = axis;
  return tf15.transpose(x, order);
}
function callWith(original) {
  return function(inputs, options) {
    const layer = this;
    const input = Array.isArray(inputs) ? inputs[0] : inputs;
    const axis = (layer.axis + input.rank) % input.rank;
    return tf15.tidy(
      () => withMembers(layer, options.training === true ? filledIn(layer) : {}, () => {
        if (axis === input.rank - 1) return original.call(this, input, options);
        const output = withMembers(layer, { axis: input.rank - 1 }, () => original.call(this, swapWithLast(input, axis), options));
        return swapWithLast(output, axis);
      })
    );
  };
}
var filledIn, batchNormalizationLayer;
var init_batch_normalization_layer = __esm({
  "packages/tfjs-fixes/src/batch-normalization-layer.ts"() {
    "use strict";
    init_fix();
    filledIn = (layer) => ({
      gamma: layer.gamma ?? { read: () => tf15.onesLike(layer.movingMean.read()) },
      beta: layer.beta ?? { read: () => tf15.zerosLike(layer.movingMean.read()) }
    });
    batchNormalizationLayer = layerFix(
      { op: "BatchNormalization", wrong: "Training throws with scale: false or center: false; any axis but the last gives wrong values." },
      (prototype) => {
        prototype.call = callWith(prototype.call);
      }
    );
  }
});

// packages/tfjs-fixes/src/clip-by-value.ts
var clipByValue;
var init_clip_by_value = __esm({
  "packages/tfjs-fixes/src/clip-by-value.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    clipByValue = kernelFix(
      { op: "ClipByValue", wrong: "NaN becomes a bound, which hides divergence." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x } = required(inputs, "x");
        const { clipValueMin, clipValueMax } = attrs;
        return computeOnHost(backend3, [x], x.shape, x.dtype, (clipped, values) => {
          for (let i = 0; i < clipped.length; i++) {
            const value = values[i];
            clipped[i] = value < clipValueMin ? clipValueMin : value > clipValueMax ? clipValueMax : value;
          }
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/cumsum-gradient.ts
import * as tf16 from "@tensorflow/tfjs";
var cumsumGradient;
var init_cumsum_gradient = __esm({
  "packages/tfjs-fixes/src/cumsum-gradient.ts"() {
    "use strict";
    init_fix();
    cumsumGradient = gradientFix(
      { op: "Cumsum", wrong: "Along any axis but the last the gradient is transposed, or throws." },
      {
        inputsToSave: ["x"],
        gradFunc: (dy, _saved, attrs) => {
          const { axis, exclusive, reverse } = attrs;
          return { x: () => tf16.cumsum(dy, axis, exclusive, !reverse) };
        }
      }
    );
  }
});

// packages/tfjs-fixes/src/cpu-slice-copies.ts
function ownMemory(original) {
  return (args) => {
    const { data: data2 } = args.backend;
    const [input] = Object.values(args.inputs);
    const source = data2.get(input.dataId).values;
    const outputs = original(args);
    for (const output of Array.isArray(outputs) ? outputs : [outputs]) {
      const entry = data2.get(output.dataId);
      const isShared = ArrayBuffer.isView(entry.values) && ArrayBuffer.isView(source) && entry.values.buffer === source.buffer;
      if (isShared && output.dataId !== input.dataId) entry.values = entry.values.slice();
    }
    return outputs;
  };
}
var copying, cpuSliceCopies;
var init_cpu_slice_copies = __esm({
  "packages/tfjs-fixes/src/cpu-slice-copies.ts"() {
    "use strict";
    init_fix();
    copying = (op) => kernelFix(
      { op, wrong: "A contiguous part is a view of the source's memory, so that an update in place of one changes the other." },
      ["cpu"],
      (original) => ownMemory(original)
    );
    cpuSliceCopies = ["Slice", "SplitV", "Unpack", "StridedSlice"].map(copying);
  }
});

// packages/tfjs-fixes/src/comparison-gradients.ts
import * as tf17 from "@tensorflow/tfjs";
var wrong, inputsByOp, comparisonGradients;
var init_comparison_gradients = __esm({
  "packages/tfjs-fixes/src/comparison-gradients.ts"() {
    "use strict";
    init_fix();
    wrong = "Throws where a mask is computed from what is trained, although its derivative is 0: Masking and ThresholdedReLU do not train.";
    inputsByOp = {
      Greater: ["a", "b"],
      Less: ["a", "b"],
      LessEqual: ["a", "b"],
      Equal: ["a", "b"],
      NotEqual: ["a", "b"],
      LogicalAnd: ["a", "b"],
      LogicalOr: ["a", "b"],
      LogicalNot: ["x"],
      Any: ["x"],
      All: ["x"]
    };
    comparisonGradients = Object.entries(inputsByOp).map(
      ([op, names2]) => gradientFix(
        { op, wrong },
        {
          inputsToSave: [...names2],
          gradFunc: (_dy, saved) => Object.fromEntries(names2.map((name, i) => [name, () => tf17.zeros(saved[i].shape)]))
        }
      )
    );
  }
});

// packages/tfjs-fixes/src/dilated-convolution-gradient.ts
import * as tf18 from "@tensorflow/tfjs";
function spreadFilter(filter, [dh, dw]) {
  const [height, width, inputs, outputs] = filter.shape;
  if (dh === 1 && dw === 1) return filter;
  const cells = tf18.pad(tf18.reshape(filter, [height, 1, width, 1, inputs * outputs]), [
    [0, 0],
    [0, dh - 1],
    [0, 0],
    [0, dw - 1],
    [0, 0]
  ]);
  const grid = tf18.reshape(cells, [height * dh, width * dw, inputs * outputs]);
  const extent = [(height - 1) * dh + 1, (width - 1) * dw + 1];
  return tf18.reshape(tf18.slice(grid, [0, 0, 0], [...extent, inputs * outputs]), [...extent, inputs, outputs]);
}
function gatherFilter(spread, [height, width], [dh, dw]) {
  const [, , inputs, outputs] = spread.shape;
  if (dh === 1 && dw === 1) return spread;
  const grid = tf18.pad(tf18.reshape(spread, [spread.shape[0], spread.shape[1], inputs * outputs]), [
    [0, dh - 1],
    [0, dw - 1],
    [0, 0]
  ]);
  const cells = tf18.reshape(grid, [height, dh, width, dw, inputs * outputs]);
  return tf18.reshape(tf18.slice(cells, [0, 0, 0, 0, 0], [height, 1, width, 1, inputs * outputs]), [height, width, inputs, outputs]);
}
function convolutionFix(op, wrong4, inputKernel, filterKernel) {
  return gradientFix(
    { op, wrong: wrong4 },
    {
      inputsToSave: ["x", "filter"],
      gradFunc: (dy, saved, attrs) => {
        const [x, filter] = saved;
        const dilations = asPair(attrs["dilations"]);
        const [height, width] = filter.shape;
        const extent = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1, filter.shape[2], filter.shape[3]];
        const common = { ...attrs, dilations: [1, 1] };
        const run = (kernel, inputs, extra) => tf18.engine().runKernel(kernel, inputs, { ...common, ...extra });
        return {
          x: () => run(inputKernel, { dy, filter: spreadFilter(filter, dilations) }, { inputShape: x.shape }),
          filter: () => gatherFilter(run(filterKernel, { x, dy }, { filterShape: extent }), [height, width], dilations)
        };
      }
    }
  );
}
var asPair, conv2dGradient, depthwiseConv2dGradient;
var init_dilated_convolution_gradient = __esm({
  "packages/tfjs-fixes/src/dilated-convolution-gradient.ts"() {
    "use strict";
    init_fix();
    asPair = (value) => typeof value === "number" ? [value, value] : [value?.[0] ?? 1, value?.[1] ?? 1];
    conv2dGradient = convolutionFix(
      "Conv2D",
      "Throws for dilations greater than 1.",
      "Conv2DBackpropInput",
      "Conv2DBackpropFilter"
    );
    depthwiseConv2dGradient = convolutionFix(
      "DepthwiseConv2dNative",
      "Throws for dilations greater than 1.",
      "DepthwiseConv2dNativeBackpropInput",
      "DepthwiseConv2dNativeBackpropFilter"
    );
  }
});

// packages/tfjs-fixes/src/dilated-conv2d-layer.ts
import * as tf19 from "@tensorflow/tfjs";
var dilatedConv2dLayer;
var init_dilated_conv2d_layer = __esm({
  "packages/tfjs-fixes/src/dilated-conv2d-layer.ts"() {
    "use strict";
    init_fix();
    dilatedConv2dLayer = layerFix(
      { op: "Conv2D", wrong: "Training throws for a dilated layer without relu or elu." },
      (prototype) => {
        const original = prototype.call;
        prototype.call = function(inputs, options) {
          const { kernel, bias, strides, padding, dataFormat, dilationRate, activation } = this;
          if ([dilationRate].flat().every((rate) => rate === 1)) return original.call(this, inputs, options);
          return tf19.tidy(() => {
            const input = Array.isArray(inputs) ? inputs[0] : inputs;
            const isChannelsFirst = dataFormat === "channelsFirst";
            const x = isChannelsFirst ? tf19.transpose(input, [0, 2, 3, 1]) : input;
            let y = tf19.conv2d(x, kernel.read(), strides, padding, "NHWC", dilationRate);
            if (bias != null) y = tf19.add(y, bias.read());
            if (isChannelsFirst) y = tf19.transpose(y, [0, 3, 1, 2]);
            return activation == null ? y : activation.apply(y);
          });
        };
      }
    );
  }
});

// packages/tfjs-fixes/src/dilation2d.ts
import * as tf20 from "@tensorflow/tfjs";
function forEachMaximum(window, channels, x, filter, visit) {
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let c = 0; c < channels; c++) {
      let best = 0;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < count; i++) {
        const sum3 = x[pixels[i] * channels + c] + filter[taps[i] * channels + c];
        if (sum3 > largest) {
          largest = sum3;
          best = i;
        }
      }
      visit(position * channels + c, pixels[best] * channels + c, taps[best] * channels + c);
    }
  });
}
function dilationFix(op, wrong4, compute) {
  return kernelFix({ op, wrong: wrong4 }, ["wasm"], () => ({ inputs, backend: backend3, attrs }) => {
    const { x, filter, dy } = required(inputs, "x", "filter", "dy");
    const { strides, pad: pad3, dilations } = attrs;
    const info = tf20.backend_util.computeDilation2DInfo(
      x.shape,
      filter.shape,
      strides,
      pad3,
      "NHWC",
      dilations
    );
    const shape = op === "Dilation2D" ? info.outShape : op === "Dilation2DBackpropInput" ? x.shape : filter.shape;
    return computeOnHost(
      backend3,
      [x, filter, op === "Dilation2D" ? x : dy],
      shape,
      x.dtype,
      (output, xValues, filterValues, dyValues) => compute(output, xValues, filterValues, dyValues, window2d(info), info.inChannels)
    );
  });
}
var dilation2d, dilation2dInputGradient, dilation2dFilterGradient;
var init_dilation2d = __esm({
  "packages/tfjs-fixes/src/dilation2d.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    dilation2d = dilationFix(
      "Dilation2D",
      "Wrong values.",
      (y, x, filter, _dy, window, channels) => forEachMaximum(window, channels, x, filter, (output, input, tap) => {
        y[output] = x[input] + filter[tap];
      })
    );
    dilation2dInputGradient = dilationFix(
      "Dilation2DBackpropInput",
      "Windows whose sums are all negative may pick another maximum than forward.",
      (dx, x, filter, dy, window, channels) => forEachMaximum(window, channels, x, filter, (output, input) => {
        dx[input] += dy[output];
      })
    );
    dilation2dFilterGradient = dilationFix(
      "Dilation2DBackpropFilter",
      "Wrong values.",
      (dFilter, x, filter, dy, window, channels) => forEachMaximum(window, channels, x, filter, (output, _input, tap) => {
        dFilter[tap] += dy[output];
      })
    );
  }
});

// packages/tfjs-fixes/src/gather.ts
import * as tf21 from "@tensorflow/tfjs";
var gather;
var init_gather = __esm({
  "packages/tfjs-fixes/src/gather.ts"() {
    "use strict";
    init_src();
    init_fix();
    init_host_kernel();
    gather = kernelFix(
      {
        op: "GatherV2",
        wrong: "On wasm, batchDims reads outside of the tensor: wrong values or a crash; on cpu, computes the place of each single element and reads with readSync."
      },
      ["cpu", "wasm"],
      (original) => (args) => {
        const { x, indices } = required(args.inputs, "x", "indices");
        if (x.dtype === "string") return original(args);
        const { axis, batchDims = 0 } = args.attrs;
        const parsedAxis = tf21.util.parseAxisParam(axis, x.shape)[0];
        const { batchSize, outerSize, dimSize, sliceSize, outputShape } = tf21.backend_util.segment_util.collectGatherOpShapeInfo(
          x,
          indices,
          parsedAxis,
          batchDims
        );
        return computeOnHost(args.backend, [x, indices], outputShape, x.dtype, (gathered, values, ids) => {
          const outside = ids.find((id) => !(id >= 0 && id < dimSize));
          if (outside !== void 0)
            throw new SnapfitError(
              "INDEX_RANGE",
              `GatherV2: the index value ${outside} is not in [0, ${dimSize - 1}], the range of axis ${parsedAxis} of shape [${x.shape.join(", ")}]. Check the token ids against the size of the vocabulary.`
            );
          const idsPerBatch = ids.length / batchSize;
          let to = 0;
          for (let row = 0; row < batchSize * outerSize; row++) {
            const first = Math.floor(row / outerSize) * idsPerBatch;
            for (let i = first; i < first + idsPerBatch; i++) {
              const from = (row * dimSize + ids[i]) * sliceSize;
              for (let s = 0; s < sliceSize; s++) gathered[to++] = values[from + s];
            }
          }
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/mat-mul-broadcast.ts
import * as tf22 from "@tensorflow/tfjs";
function isPlainRepeat(a, b) {
  const [short, long] = (tf22.util.sizeFromShape([...a]) <= tf22.util.sizeFromShape([...b]) ? [a, b] : [b, a]).map(
    (shape) => shape.slice(shape.findIndex((size) => size !== 1))
  );
  return tf22.util.sizeFromShape([...short]) === 1 || short.every((size, i) => size === long[long.length - short.length + i]);
}
var matMulBroadcast;
var init_mat_mul_broadcast = __esm({
  "packages/tfjs-fixes/src/mat-mul-broadcast.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    matMulBroadcast = kernelFix(
      {
        op: "BatchMatMul",
        wrong: "Wrong values where batch axes are broadcast in the middle or on both sides, such as [2, 3, ...] x [2, 1, ...]."
      },
      ["cpu", "wasm", "webgpu"],
      (original) => (args) => {
        const { a, b } = required(args.inputs, "a", "b");
        const batches = [a, b].map(({ shape }) => shape.slice(0, -2));
        if (isPlainRepeat(...batches)) return original(args);
        const batch = tf22.broadcast_util.assertAndGetBroadcastShape(...batches);
        const spread = (x) => tf22.tidy(() => tf22.broadcastTo(x, [...batch, ...x.shape.slice(-2)]));
        const inputs = { a: spread(a), b: spread(b) };
        const product = original({ ...args, inputs });
        tf22.dispose(inputs);
        return product;
      }
    );
  }
});

// packages/tfjs-fixes/src/mat-mul-gradient.ts
import * as tf23 from "@tensorflow/tfjs";
function sumToShape(gradient, shape) {
  const axes = tf23.broadcast_util.getReductionAxes(shape.slice(0, -2), gradient.shape.slice(0, -2));
  return tf23.reshape(axes.length === 0 ? gradient : tf23.sum(gradient, axes), [...shape]);
}
function sumOfProducts(a, b) {
  const rows = (x) => tf23.reshape(x, [-1, x.shape.at(-1)]);
  return tf23.matMul(rows(a), rows(b), true, false);
}
var matMulGradient;
var init_mat_mul_gradient = __esm({
  "packages/tfjs-fixes/src/mat-mul-gradient.ts"() {
    "use strict";
    init_fix();
    matMulGradient = gradientFix(
      { op: "BatchMatMul", wrong: "Throws for a shape mismatch where the batch axes of one operand are broadcast, such as 3D x 2D." },
      {
        inputsToSave: ["a", "b"],
        gradFunc: (gradient, [a, b], attrs) => {
          if (a === void 0 || b === void 0) throw new Error("internal: matMul saved no inputs");
          const dy = gradient;
          const { transposeA = false, transposeB = false } = attrs;
          const isDense = b.rank === 2 && a.rank > 2 && !transposeA;
          return {
            a: () => sumToShape(transposeA ? tf23.matMul(b, dy, transposeB, true) : tf23.matMul(dy, b, false, !transposeB), a.shape),
            b: () => {
              if (isDense) return transposeB ? sumOfProducts(dy, a) : sumOfProducts(a, dy);
              return sumToShape(transposeB ? tf23.matMul(dy, a, true, transposeA) : tf23.matMul(a, dy, !transposeA, false), b.shape);
            }
          };
        }
      }
    );
  }
});

// packages/tfjs-fixes/src/max-pool-3d.ts
import * as tf24 from "@tensorflow/tfjs";
var maxPool3d;
var init_max_pool_3d = __esm({
  "packages/tfjs-fixes/src/max-pool-3d.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    maxPool3d = kernelFix(
      { op: "MaxPool3D", wrong: "Windows that hold no positive value give about 0 instead of their maximum." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x } = required(inputs, "x");
        const { filterSize, strides, pad: pad3, dimRoundingMode } = attrs;
        const info = tf24.backend_util.computePool3DInfo(
          x.shape,
          filterSize,
          strides,
          1,
          pad3,
          dimRoundingMode
        );
        const channels = info.inChannels;
        return computeOnHost(
          backend3,
          [x],
          info.outShape,
          x.dtype,
          (y, values) => forEachWindow(window3d(info), (position, pixels, _taps, count) => {
            for (let c = 0; c < channels; c++) {
              let largest = Number.NEGATIVE_INFINITY;
              for (let i = 0; i < count; i++) {
                const value = values[pixels[i] * channels + c];
                if (!(value <= largest)) largest = value;
              }
              y[position * channels + c] = largest;
            }
          })
        );
      }
    );
  }
});

// packages/tfjs-fixes/src/max-pool-gradient.ts
import * as tf25 from "@tensorflow/tfjs";
function scatterToMaxima(dx, x, dy, window, channels) {
  forEachWindow(window, (position, pixels, _taps, count) => {
    for (let c = 0; c < channels; c++) {
      let best = pixels[0] * channels + c;
      for (let i = 1; i < count; i++) {
        const candidate = pixels[i] * channels + c;
        if (x[candidate] > x[best]) best = candidate;
      }
      dx[best] += dy[position * channels + c];
    }
  });
}
function maxPoolFix(op, windowOf4) {
  return kernelFix(
    { op, wrong: "No gradient reaches windows that hold no positive value." },
    ["wasm"],
    () => ({ inputs, backend: backend3, attrs }) => {
      const { dy, input } = required(inputs, "dy", "input");
      const window = windowOf4(input.shape, attrs);
      const channels = input.shape.at(-1);
      return computeOnHost(
        backend3,
        [input, dy],
        input.shape,
        "float32",
        (dx, x, dyValues) => scatterToMaxima(dx, x, dyValues, window, channels)
      );
    }
  );
}
var maxPoolGradient, maxPool3dGradient;
var init_max_pool_gradient = __esm({
  "packages/tfjs-fixes/src/max-pool-gradient.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    maxPoolGradient = maxPoolFix(
      "MaxPoolGrad",
      (shape, { filterSize, strides, pad: pad3, dimRoundingMode }) => window2d(tf25.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad3, dimRoundingMode))
    );
    maxPool3dGradient = maxPoolFix(
      "MaxPool3DGrad",
      (shape, { filterSize, strides, pad: pad3, dimRoundingMode }) => window3d(
        tf25.backend_util.computePool3DInfo(
          shape,
          filterSize,
          strides,
          1,
          pad3,
          dimRoundingMode
        )
      )
    );
  }
});

// packages/tfjs-fixes/src/mirror-pad-gradient.ts
import * as tf26 from "@tensorflow/tfjs";
function foldMirrorPadding(dy, shape, paddings, mode) {
  return tf26.tidy(
    () => paddings.reduce(
      (folded, [before, after], axis) => foldAxis(folded, axis, shape[axis] ?? 0, before, after, mode === "reflect" ? 1 : 0),
      dy
    )
  );
}
function foldAxis(dy, axis, length, before, after, skip) {
  const part = (begin, size) => {
    const begins = dy.shape.map((_, i) => i === axis ? begin : 0);
    return tf26.slice(
      dy,
      begins,
      dy.shape.map((full, i) => i === axis ? size : full)
    );
  };
  const mirrored = (begin, size, target) => tf26.pad(
    tf26.gather(dy, tf26.range(begin + size - 1, begin - 1, -1, "int32"), axis),
    dy.shape.map((_, i) => i === axis ? [target, length - target - size] : [0, 0])
  );
  let folded = part(before, length);
  if (before > 0) folded = tf26.add(folded, mirrored(0, before, skip));
  if (after > 0) folded = tf26.add(folded, mirrored(before + length, after, length - after - skip));
  return folded;
}
var mirrorPadGradient;
var init_mirror_pad_gradient = __esm({
  "packages/tfjs-fixes/src/mirror-pad-gradient.ts"() {
    "use strict";
    init_fix();
    mirrorPadGradient = gradientFix(
      { op: "MirrorPad", wrong: "The gradient drops what flows through the mirrored part." },
      {
        inputsToSave: ["x"],
        gradFunc: (dy, saved, attrs) => {
          const { paddings, mode } = attrs;
          return { x: () => foldMirrorPadding(dy, saved[0].shape, paddings, mode) };
        }
      }
    );
  }
});

// packages/tfjs-fixes/src/one-hot.ts
var oneHot;
var init_one_hot = __esm({
  "packages/tfjs-fixes/src/one-hot.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    oneHot = kernelFix(
      { op: "OneHot", wrong: "float32 gets the bits of the integers 1 and 0, bool is written past its end." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { indices } = required(inputs, "indices");
        const {
          dtype = "int32",
          depth,
          onValue,
          offValue
        } = attrs;
        return computeOnHost(backend3, [indices], [...indices.shape, depth], dtype, (encoded, classes) => {
          encoded.fill(offValue);
          classes.forEach((index, row) => {
            if (index >= 0 && index < depth) encoded[row * depth + index] = onValue;
          });
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/resize-bilinear-gradient.ts
import * as tf27 from "@tensorflow/tfjs";
function interpolationWeights(outputs, inputs, { alignCorners, halfPixelCenters }) {
  const spread = alignCorners && outputs > 1 ? (inputs - 1) / (outputs - 1) : inputs / outputs;
  const weights = new Float32Array(outputs * inputs);
  for (let i = 0; i < outputs; i++) {
    const source = halfPixelCenters ? (i + 0.5) * spread - 0.5 : i * spread;
    const fraction = source - Math.floor(source);
    weights[i * inputs + Math.min(inputs - 1, Math.max(0, Math.floor(source)))] += 1 - fraction;
    weights[i * inputs + Math.min(inputs - 1, Math.max(0, Math.ceil(source)))] += fraction;
  }
  return tf27.tensor2d(weights, [outputs, inputs]);
}
function resizeGradient(dy, [batch, height, width, channels], attrs) {
  const [, outHeight, outWidth] = dy.shape;
  const rows = interpolationWeights(outHeight, height, attrs);
  const columns = interpolationWeights(outWidth, width, attrs);
  const byRow = tf27.matMul(rows, tf27.reshape(dy, [batch, outHeight, outWidth * channels]), true, false);
  const byColumn = tf27.matMul(columns, tf27.reshape(byRow, [batch * height, outWidth, channels]), true, false);
  return tf27.reshape(byColumn, [batch, height, width, channels]);
}
var resizeBilinearGradient;
var init_resize_bilinear_gradient = __esm({
  "packages/tfjs-fixes/src/resize-bilinear-gradient.ts"() {
    "use strict";
    init_fix();
    resizeBilinearGradient = gradientFix(
      { op: "ResizeBilinear", wrong: "The gradient ignores halfPixelCenters; on cpu it exchanges height and width." },
      {
        inputsToSave: ["images"],
        gradFunc: (dy, saved, attrs) => ({
          images: () => tf27.tidy(() => resizeGradient(dy, saved[0].shape, attrs))
        })
      }
    );
  }
});

// packages/tfjs-fixes/src/resize-nearest-neighbor-gradient.ts
function nearestSources(size, sourceSize, { alignCorners, halfPixelCenters }) {
  const spread = alignCorners && size > 1 ? (sourceSize - 1) / (size - 1) : sourceSize / size;
  const round = alignCorners ? Math.round : Math.floor;
  return Int32Array.from({ length: size }, (_, i) => Math.min(sourceSize - 1, round(spread * (halfPixelCenters ? i + 0.5 : i))));
}
var resizeNearestNeighborGradient;
var init_resize_nearest_neighbor_gradient = __esm({
  "packages/tfjs-fixes/src/resize-nearest-neighbor-gradient.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    resizeNearestNeighborGradient = kernelFix(
      { op: "ResizeNearestNeighborGrad", wrong: "Samples after the first read the gradient at the wrong place; halfPixelCenters is ignored." },
      ["cpu"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { images, dy } = required(inputs, "images", "dy");
        const [batch, height, width, channels] = images.shape;
        const [, outHeight, outWidth] = dy.shape;
        const rows = nearestSources(outHeight, height, attrs);
        const columns = nearestSources(outWidth, width, attrs);
        return computeOnHost(backend3, [dy], images.shape, "float32", (dx, dyValues) => {
          let from = 0;
          for (let n = 0; n < batch; n++) {
            for (const row of rows) {
              for (const column of columns) {
                const to = ((n * height + row) * width + column) * channels;
                for (let c = 0; c < channels; c++) dx[to + c] += dyValues[from++];
              }
            }
          }
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/unsorted-segment-sum.ts
import * as tf28 from "@tensorflow/tfjs";
var unsortedSegmentSum;
var init_unsorted_segment_sum = __esm({
  "packages/tfjs-fixes/src/unsorted-segment-sum.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    unsortedSegmentSum = kernelFix(
      { op: "UnsortedSegmentSum", wrong: "Missing on wasm; on cpu the time grows with vocabulary x tokens instead of tokens." },
      ["cpu", "wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x, segmentIds } = required(inputs, "x", "segmentIds");
        const { numSegments } = attrs;
        const inner = x.shape.slice(segmentIds.shape.length);
        const innerSize = tf28.util.sizeFromShape(inner);
        return computeOnHost(backend3, [x, segmentIds], [numSegments, ...inner], x.dtype, (sums, values, ids) => {
          ids.forEach((id, row) => {
            if (id < 0 || id >= numSegments) return;
            for (let i = 0; i < innerSize; i++) sums[id * innerSize + i] += values[row * innerSize + i];
          });
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/convolution-columns.ts
function gatherColumns(columns, x, window, channels) {
  const rowSize = numTaps(window) * channels;
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let i = 0; i < count; i++) {
      const from = pixels[i] * channels;
      const to = position * rowSize + taps[i] * channels;
      for (let c = 0; c < channels; c++) columns[to + c] = x[from + c];
    }
  });
}
function scatterColumns(dx, columns, window, channels) {
  const rowSize = numTaps(window) * channels;
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let i = 0; i < count; i++) {
      const to = pixels[i] * channels;
      const from = position * rowSize + taps[i] * channels;
      for (let c = 0; c < channels; c++) dx[to + c] += columns[from + c];
    }
  });
}
var init_convolution_columns = __esm({
  "packages/tfjs-fixes/src/convolution-columns.ts"() {
    "use strict";
    init_sliding_window();
  }
});

// packages/tfjs-fixes/src/heap-matrix.ts
import * as tf29 from "@tensorflow/tfjs";
function runKernel(backend3, name, inputs, attrs) {
  return tf29.getKernel(name, "wasm").kernelFunc({ inputs, backend: backend3, attrs });
}
function multiply(backend3, a, b) {
  return runKernel(backend3, "BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
}
function transpose3(backend3, x) {
  return runKernel(backend3, "Transpose", { x }, { perm: [1, 0] });
}
var asMatrix;
var init_heap_matrix = __esm({
  "packages/tfjs-fixes/src/heap-matrix.ts"() {
    "use strict";
    asMatrix = (info, rows, columns) => ({ ...info, shape: [rows, columns] });
  }
});

// packages/tfjs-fixes/src/wasm-convolution.ts
function chunksOf(window, inChannels) {
  const positionsPerSample = numPositions({ ...window, batch: 1 });
  const pixelsPerSample = window.input[0] * window.input[1] * window.input[2];
  const size = Math.max(1, Math.floor(maxColumnValues / (positionsPerSample * numTaps(window) * inChannels)));
  return Array.from({ length: Math.ceil(window.batch / size) }, (_, i) => ({
    window: { ...window, batch: Math.min(size, window.batch - i * size) },
    firstPixel: i * size * pixelsPerSample,
    firstPosition: i * size * positionsPerSample
  }));
}
function chunkOfGradient(backend3, dy, chunk, outChannels) {
  const rows = numPositions(chunk.window);
  const isCopy = chunk.window.batch !== dy.shape[0];
  if (!isCopy) return { matrix: asMatrix(dy, rows, outChannels), isCopy };
  const matrix = backend3.makeOutput([rows, outChannels], "float32");
  const first = chunk.firstPosition * outChannels;
  const source = backend3.typedArrayFromHeap(dy).subarray(first, first + rows * outChannels);
  backend3.typedArrayFromHeap(matrix).set(source);
  return { matrix, isCopy };
}
function convolutionInputGradient(backend3, dy, filter, inputShape, window) {
  const [inChannels, outChannels] = filter.shape.slice(-2);
  const dx = backend3.makeOutput(inputShape, "float32");
  backend3.typedArrayFromHeap(dx).fill(0);
  const filterTransposed = transpose3(backend3, asMatrix(filter, numTaps(window) * inChannels, outChannels));
  for (const chunk of chunksOf(window, inChannels)) {
    const { matrix, isCopy } = chunkOfGradient(backend3, dy, chunk, outChannels);
    const columns = multiply(backend3, matrix, filterTransposed);
    const target = backend3.typedArrayFromHeap(dx).subarray(chunk.firstPixel * inChannels);
    scatterColumns(target, backend3.typedArrayFromHeap(columns), chunk.window, inChannels);
    backend3.disposeData(columns.dataId);
    if (isCopy) backend3.disposeData(matrix.dataId);
  }
  backend3.disposeData(filterTransposed.dataId);
  return dx;
}
function convolutionFilterGradient(backend3, x, dy, filterShape, window) {
  const [inChannels, outChannels] = filterShape.slice(-2);
  const rowSize = numTaps(window) * inChannels;
  const gradient = backend3.makeOutput(filterShape, "float32");
  backend3.typedArrayFromHeap(gradient).fill(0);
  for (const chunk of chunksOf(window, inChannels)) {
    const { matrix, isCopy } = chunkOfGradient(backend3, dy, chunk, outChannels);
    const matrixTransposed = transpose3(backend3, matrix);
    const columns = backend3.makeOutput([numPositions(chunk.window), rowSize], "float32");
    const source = backend3.typedArrayFromHeap(x).subarray(chunk.firstPixel * inChannels);
    gatherColumns(backend3.typedArrayFromHeap(columns).fill(0), source, chunk.window, inChannels);
    const part = multiply(backend3, matrixTransposed, columns);
    const partTransposed = transpose3(backend3, part);
    const sums = backend3.typedArrayFromHeap(gradient);
    backend3.typedArrayFromHeap(partTransposed).forEach((value, i) => sums[i] += value);
    for (const used of [matrixTransposed, columns, part, partTransposed, ...isCopy ? [matrix] : []]) backend3.disposeData(used.dataId);
  }
  return gradient;
}
var maxColumnValues;
var init_wasm_convolution = __esm({
  "packages/tfjs-fixes/src/wasm-convolution.ts"() {
    "use strict";
    init_convolution_columns();
    init_heap_matrix();
    init_sliding_window();
    maxColumnValues = 2 ** 23;
  }
});

// packages/tfjs-fixes/src/wasm-conv2d-gradients.ts
import * as tf30 from "@tensorflow/tfjs";
function windowOf(inputShape, filterShape, { strides, pad: pad3, dataFormat, dimRoundingMode }) {
  if (dataFormat === "NCHW")
    throw new SnapfitError(
      "UNSUPPORTED_LAYOUT",
      "A convolution in NCHW was trained on the wasm backend, which has only NHWC. Transpose to NHWC, or use a layer with channelsFirst, which does it by itself."
    );
  return window2d(tf30.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad3, dimRoundingMode));
}
var wasmConv2dFilterGradient, wasmConv2dInputGradient;
var init_wasm_conv2d_gradients = __esm({
  "packages/tfjs-fixes/src/wasm-conv2d-gradients.ts"() {
    "use strict";
    init_src();
    init_fix();
    init_host_kernel();
    init_sliding_window();
    init_wasm_convolution();
    wasmConv2dFilterGradient = kernelFix(
      { op: "Conv2DBackpropFilter", wrong: "Missing: convolutions do not train." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x, dy } = required(inputs, "x", "dy");
        const { filterShape } = attrs;
        return convolutionFilterGradient(
          backend3,
          x,
          dy,
          filterShape,
          windowOf(x.shape, filterShape, attrs)
        );
      }
    );
    wasmConv2dInputGradient = kernelFix(
      { op: "Conv2DBackpropInput", wrong: "Correct, but many times slower than through the matrix product." },
      ["wasm"],
      (original) => (args) => {
        const { dy, filter } = required(args.inputs, "dy", "filter");
        const attrs = args.attrs;
        if (attrs.dataFormat === "NCHW") return original(args);
        const window = windowOf(attrs.inputShape, filter.shape, attrs);
        const isWhole = dy.shape[1] === window.output[1] && dy.shape[2] === window.output[2];
        if (!isWhole) return original(args);
        return convolutionInputGradient(args.backend, dy, filter, attrs.inputShape, window);
      }
    );
  }
});

// packages/tfjs-fixes/src/wasm-conv3d-gradients.ts
import * as tf31 from "@tensorflow/tfjs";
var windowOf2, wasmConv3dInputGradient, wasmConv3dFilterGradient;
var init_wasm_conv3d_gradients = __esm({
  "packages/tfjs-fixes/src/wasm-conv3d-gradients.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    init_wasm_convolution();
    windowOf2 = (inputShape, filterShape, { strides, pad: pad3 }) => window3d(tf31.backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad3));
    wasmConv3dInputGradient = kernelFix(
      { op: "Conv3DBackpropInputV2", wrong: "Wrong values." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { dy, filter } = required(inputs, "dy", "filter");
        const { inputShape } = attrs;
        return convolutionInputGradient(
          backend3,
          dy,
          filter,
          inputShape,
          windowOf2(inputShape, filter.shape, attrs)
        );
      }
    );
    wasmConv3dFilterGradient = kernelFix(
      { op: "Conv3DBackpropFilterV2", wrong: "Wrong values for strides greater than 1." },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x, dy } = required(inputs, "x", "dy");
        const { filterShape } = attrs;
        return convolutionFilterGradient(
          backend3,
          x,
          dy,
          filterShape,
          windowOf2(x.shape, filterShape, attrs)
        );
      }
    );
  }
});

// packages/tfjs-fixes/src/wasm-depthwise-gradients.ts
import * as tf32 from "@tensorflow/tfjs";
var windowOf3, wrong2, wasmDepthwiseInputGradient, wasmDepthwiseFilterGradient;
var init_wasm_depthwise_gradients = __esm({
  "packages/tfjs-fixes/src/wasm-depthwise-gradients.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    init_sliding_window();
    windowOf3 = (inputShape, filterShape, attrs) => window2d(
      tf32.backend_util.computeConv2DInfo(
        inputShape,
        filterShape,
        attrs.strides,
        attrs.dilations ?? 1,
        attrs.pad,
        attrs.dimRoundingMode,
        true
      )
    );
    wrong2 = "Missing: depthwise and separable convolutions do not train.";
    wasmDepthwiseInputGradient = kernelFix(
      { op: "DepthwiseConv2dNativeBackpropInput", wrong: wrong2 },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { dy, filter } = required(inputs, "dy", "filter");
        const { inputShape } = attrs;
        const [, , channels, multiplier] = filter.shape;
        const outChannels = channels * multiplier;
        const window = windowOf3(inputShape, filter.shape, attrs);
        return computeOnHost(
          backend3,
          [dy, filter],
          inputShape,
          "float32",
          (dx, dyValues, weights) => forEachWindow(window, (position, pixels, taps, count) => {
            for (let i = 0; i < count; i++) {
              for (let c = 0; c < outChannels; c++) {
                dx[pixels[i] * channels + Math.floor(c / multiplier)] += dyValues[position * outChannels + c] * weights[taps[i] * outChannels + c];
              }
            }
          })
        );
      }
    );
    wasmDepthwiseFilterGradient = kernelFix(
      { op: "DepthwiseConv2dNativeBackpropFilter", wrong: wrong2 },
      ["wasm"],
      () => ({ inputs, backend: backend3, attrs }) => {
        const { x, dy } = required(inputs, "x", "dy");
        const { filterShape } = attrs;
        const [, , channels, multiplier] = filterShape;
        const outChannels = channels * multiplier;
        const window = windowOf3(x.shape, filterShape, attrs);
        return computeOnHost(backend3, [x, dy], filterShape, "float32", (gradient, xValues, dyValues) => {
          const sums = new Float64Array(gradient.length);
          forEachWindow(window, (position, pixels, taps, count) => {
            for (let i = 0; i < count; i++) {
              for (let c = 0; c < outChannels; c++) {
                sums[taps[i] * outChannels + c] += xValues[pixels[i] * channels + Math.floor(c / multiplier)] * dyValues[position * outChannels + c];
              }
            }
          });
          gradient.set(sums);
        });
      }
    );
  }
});

// packages/tfjs-fixes/src/wasm-transposed-mat-mul.ts
var wasmTransposedMatMul;
var init_wasm_transposed_mat_mul = __esm({
  "packages/tfjs-fixes/src/wasm-transposed-mat-mul.ts"() {
    "use strict";
    init_fix();
    init_heap_matrix();
    init_host_kernel();
    wasmTransposedMatMul = kernelFix(
      {
        op: "BatchMatMul",
        wrong: "Correct, but several times slower than need be for a transposed matrix: transposing it first takes the fast path."
      },
      ["wasm"],
      (original) => (args) => {
        const { a, b } = required(args.inputs, "a", "b");
        const { transposeA, transposeB } = args.attrs;
        const isFloat = a.dtype === "float32" && b.dtype === "float32";
        if (!(transposeA || transposeB) || a.shape.length !== 2 || b.shape.length !== 2 || !isFloat) return original(args);
        const backend3 = args.backend;
        const flip = (x) => transpose3(backend3, asMatrix(x, x.shape[0], x.shape[1]));
        const inputs = { a: transposeA ? flip(a) : a, b: transposeB ? flip(b) : b };
        const product = original({ ...args, inputs, attrs: { ...args.attrs, transposeA: false, transposeB: false } });
        if (transposeA) backend3.disposeData(inputs.a.dataId);
        if (transposeB) backend3.disposeData(inputs.b.dataId);
        return product;
      }
    );
  }
});

// packages/tfjs-fixes/src/webgpu-cumulative.ts
import * as tf33 from "@tensorflow/tfjs";
function accumulateReversed(original, backendName) {
  return (args) => {
    const { x } = required(args.inputs, "x");
    const { axis, reverse } = args.attrs;
    if (!reverse) return original(args);
    const backend3 = args.backend;
    const flip = (input) => tf33.getKernel("Reverse", backendName).kernelFunc({ inputs: { x: input }, backend: backend3, attrs: { dims: [axis] } });
    const flipped = flip(x);
    const sums = original({ ...args, inputs: { x: flipped }, attrs: { ...args.attrs, reverse: false } });
    const result = flip(sums);
    for (const intermediate of [flipped, sums]) backend3.disposeData(intermediate.dataId);
    return result;
  };
}
var wrong3, webgpuCumulative;
var init_webgpu_cumulative = __esm({
  "packages/tfjs-fixes/src/webgpu-cumulative.ts"() {
    "use strict";
    init_fix();
    init_host_kernel();
    wrong3 = "The reverse form keeps the axis length of its first use: wrong values for every other length, also in the gradients of cumsum and prod.";
    webgpuCumulative = ["Cumsum", "Cumprod"].map(
      (op) => kernelFix({ op, wrong: wrong3 }, ["webgpu"], (original, backendName) => accumulateReversed(original, backendName))
    );
  }
});

// packages/tfjs-fixes/src/fixes.ts
var fixes;
var init_fixes = __esm({
  "packages/tfjs-fixes/src/fixes.ts"() {
    "use strict";
    init_average_pool_gradient();
    init_batch_normalization_layer();
    init_clip_by_value();
    init_cumsum_gradient();
    init_cpu_slice_copies();
    init_comparison_gradients();
    init_dilated_convolution_gradient();
    init_dilated_conv2d_layer();
    init_dilation2d();
    init_gather();
    init_mat_mul_broadcast();
    init_mat_mul_gradient();
    init_max_pool_3d();
    init_max_pool_gradient();
    init_mirror_pad_gradient();
    init_one_hot();
    init_resize_bilinear_gradient();
    init_resize_nearest_neighbor_gradient();
    init_unsorted_segment_sum();
    init_wasm_conv2d_gradients();
    init_wasm_conv3d_gradients();
    init_wasm_depthwise_gradients();
    init_wasm_transposed_mat_mul();
    init_webgpu_cumulative();
    fixes = [
      // On every backend: gradients and layers.
      mirrorPadGradient,
      matMulGradient,
      cumsumGradient,
      resizeBilinearGradient,
      ...comparisonGradients,
      conv2dGradient,
      depthwiseConv2dGradient,
      batchNormalizationLayer,
      dilatedConv2dLayer,
      // Kernels.
      wasmTransposedMatMul,
      matMulBroadcast,
      averagePoolGradient,
      averagePool3dGradient,
      resizeNearestNeighborGradient,
      gather,
      unsortedSegmentSum,
      ...cpuSliceCopies,
      maxPoolGradient,
      maxPool3d,
      maxPool3dGradient,
      dilation2d,
      dilation2dInputGradient,
      dilation2dFilterGradient,
      clipByValue,
      oneHot,
      wasmConv2dFilterGradient,
      wasmConv2dInputGradient,
      wasmConv3dInputGradient,
      wasmConv3dFilterGradient,
      wasmDepthwiseInputGradient,
      wasmDepthwiseFilterGradient,
      ...webgpuCumulative
    ];
  }
});

// packages/tfjs-fixes/src/apply-fixes.ts
import * as tf34 from "@tensorflow/tfjs";
function applyFixes(backendName) {
  const before = applied.get(backendName);
  if (before !== void 0) return before;
  const isLoaded = tf34.getKernelsForBackend(backendName).length > 0;
  const matching = fixes.filter(({ backends }) => backends === "all" || isLoaded && backends.includes(backendName));
  for (const fix of matching) {
    if (appliedToAll.has(fix)) continue;
    fix.install(backendName);
    if (fix.backends === "all") appliedToAll.add(fix);
  }
  const list = Object.freeze(
    matching.map(({ op, backends, wrong: wrong4 }) => Object.freeze({ op, backend: backends === "all" ? "all" : backendName, wrong: wrong4 }))
  );
  if (isLoaded) applied.set(backendName, list);
  return list;
}
var applied, appliedToAll;
var init_apply_fixes = __esm({
  "packages/tfjs-fixes/src/apply-fixes.ts"() {
    "use strict";
    init_fixes();
    applied = /* @__PURE__ */ new Map();
    appliedToAll = /* @__PURE__ */ new Set();
  }
});

// packages/tfjs-fixes/src/gradient-tables.ts
var gradientKernels, undifferentiable, layerOps;
var init_gradient_tables = __esm({
  "packages/tfjs-fixes/src/gradient-tables.ts"() {
    "use strict";
    gradientKernels = {
      AvgPool: ["AvgPoolGrad"],
      AvgPool3D: ["AvgPool3DGrad"],
      BatchMatMul: ["BatchMatMul"],
      Conv2D: ["Conv2DBackpropInput", "Conv2DBackpropFilter"],
      Conv2DBackpropInput: ["Conv2D", "Conv2DBackpropFilter"],
      Conv3D: ["Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"],
      Cumsum: ["Cumsum"],
      DepthwiseConv2dNative: ["DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter"],
      Dilation2D: ["Dilation2DBackpropInput", "Dilation2DBackpropFilter"],
      Elu: ["EluGrad"],
      GatherV2: ["UnsortedSegmentSum"],
      LRN: ["LRNGrad"],
      MaxPool: ["MaxPoolGrad"],
      MaxPool3D: ["MaxPool3DGrad"],
      Prod: ["Cumprod"],
      ResizeBilinear: ["BatchMatMul"],
      ResizeNearestNeighbor: ["ResizeNearestNeighborGrad"]
    };
    undifferentiable = [
      "Conv3DBackpropInputV2",
      "CropAndResize",
      "Cumprod",
      "DenseBincount",
      "DepthToSpace",
      "Einsum",
      "FFT",
      "GatherNd",
      "IFFT",
      "Imag",
      "MaxPoolWithArgmax",
      "Real",
      "RotateWithOffset",
      "ScatterNd",
      "SparseToDense",
      "StridedSlice",
      "TensorScatterUpdate",
      "TopK",
      "Transform"
    ];
    layerOps = {
      AveragePooling1D: ["AvgPool"],
      AveragePooling2D: ["AvgPool"],
      AveragePooling3D: ["AvgPool3D"],
      CategoryEncoding: ["DenseBincount"],
      CenterCrop: ["CropAndResize"],
      Conv1D: ["Conv2D"],
      Conv2D: ["Conv2D"],
      Conv2DTranspose: ["Conv2DBackpropInput"],
      Conv3D: ["Conv3D"],
      Conv3DTranspose: ["Conv3DBackpropInputV2"],
      ConvLSTM2D: ["Conv2D"],
      ConvLSTM2DCell: ["Conv2D"],
      Dense: ["BatchMatMul"],
      DepthwiseConv2D: ["DepthwiseConv2dNative"],
      ELU: ["Elu"],
      Embedding: ["GatherV2"],
      MaxPooling1D: ["MaxPool"],
      MaxPooling2D: ["MaxPool"],
      MaxPooling3D: ["MaxPool3D"],
      RandomHeight: ["ResizeBilinear", "ResizeNearestNeighbor"],
      RandomWidth: ["ResizeBilinear", "ResizeNearestNeighbor"],
      Resizing: ["ResizeBilinear", "ResizeNearestNeighbor"],
      SeparableConv2D: ["DepthwiseConv2dNative", "Conv2D"],
      UpSampling2D: ["ResizeBilinear", "ResizeNearestNeighbor"]
    };
  }
});

// packages/tfjs-fixes/src/unsupported-gradients.ts
import * as tf35 from "@tensorflow/tfjs";
function unsupportedGradients(backendName) {
  const reasons = /* @__PURE__ */ new Map();
  const isLoaded = tf35.getKernelsForBackend(backendName).length > 0;
  const has = (kernel) => !isLoaded || tf35.getKernel(kernel, backendName) !== void 0 || fixes.some(({ op, backends }) => op === kernel && backends !== "all" && backends.includes(backendName));
  for (const [op, kernels] of Object.entries(gradientKernels)) {
    const missing = [op, ...kernels].filter((kernel) => !has(kernel));
    if (missing.length > 0)
      reasons.set(op, `The ${backendName} backend has no kernel ${missing.join(" and ")}, which training through ${op} needs.`);
  }
  for (const op of undifferentiable) {
    if (tf35.getGradient(op) === void 0) reasons.set(op, `TensorFlow.js has no gradient for ${op}.`);
  }
  return reasons;
}
var init_unsupported_gradients = __esm({
  "packages/tfjs-fixes/src/unsupported-gradients.ts"() {
    "use strict";
    init_fixes();
    init_gradient_tables();
  }
});

// packages/tfjs-fixes/src/check-model-can-train.ts
function checkModelCanTrain(model, backendName) {
  const unsupported = unsupportedGradients(backendName);
  const found = [];
  const visit = (layer, path, hasTrainableInputs) => {
    const { layers: layers2, layer: wrapped, forwardLayer } = layer;
    if (layers2 !== void 0) visitAll(layers2, `${path === "" ? "" : `${path}.`}layers`, hasTrainableInputs);
    const inner = forwardLayer ?? wrapped;
    if (inner !== void 0) visit(inner, `${path}.layer`, hasTrainableInputs);
    if (!hasTrainableInputs && layer.trainableWeights.length === 0) return;
    for (const [op, reason] of problemsOf(layer, unsupported)) found.push({ layer: path, className: layer.getClassName(), op, reason });
  };
  const visitAll = (layers2, path, hasTrainableInputs) => {
    layers2.forEach((layer, i) => visit(layer, `${path}.${i}`, hasTrainableInputs || followsTrainable(layer, layers2)));
  };
  visitAll(model.layers, "layers", false);
  return found;
}
function* problemsOf(layer, unsupported) {
  const className = layer.getClassName();
  for (const op of layerOps[className] ?? []) {
    const reason = unsupported.get(op);
    if (reason !== void 0) yield [op, reason];
  }
  const { dilationRate = 1 } = layer;
  if (className === "Conv3D" && [dilationRate].flat().some((rate) => rate !== 1))
    yield ["Conv3D", "TensorFlow.js has no gradient for Conv3D with a dilation greater than 1."];
}
function followsTrainable(layer, layers2, seen = /* @__PURE__ */ new Set()) {
  const inputs = layer.inboundNodes.flatMap((node) => node.inboundLayers).filter((input) => layers2.includes(input) && !seen.has(input));
  for (const input of inputs) seen.add(input);
  return inputs.some((input) => input.trainableWeights.length > 0 || followsTrainable(input, layers2, seen));
}
var init_check_model_can_train = __esm({
  "packages/tfjs-fixes/src/check-model-can-train.ts"() {
    "use strict";
    init_gradient_tables();
    init_unsupported_gradients();
  }
});

// packages/tfjs-fixes/src/index.ts
var init_src3 = __esm({
  "packages/tfjs-fixes/src/index.ts"() {
    init_apply_fixes();
    init_check_model_can_train();
  }
});

// packages/core/src/devices.ts
import * as tf36 from "@tensorflow/tfjs";
async function chooseDevice(device, build, discard) {
  return device === "auto" ? bestDevice(build, discard) : namedDevice(device, build);
}
async function namedDevice(name, build) {
  const row = deviceRows.find((one) => one.name === name);
  let cause;
  const isThere = row === void 0 ? tf36.findBackendFactory(name) !== null : await row.load().catch((error) => void (cause = error));
  if (!isThere || !await use(name)) {
    const known = ["auto", ...deviceRows.map((one) => one.name)];
    const nearest = nearestName(name, known);
    const advice = row !== void 0 ? `Install it: ${row.install}` : `Known are ${known.join(", ")}${nearest === void 0 ? "." : `; did you mean "${nearest}"?`} A backend of your own is registered with tf.registerBackend() first`;
    throw new SnapfitError("DEVICE_UNKNOWN", `The device "${name}" is not here. ${advice}.`, cause === void 0 ? void 0 : { cause });
  }
  const fixes2 = applyFixes(name);
  const model = await build();
  const problem = problemOf(model, name);
  if (problem !== void 0) throw new SnapfitError("DEVICE_CANNOT_TRAIN", `The device "${name}" cannot train this model: ${problem} Use device: "auto", or another layer.`);
  return { model, line: `Device: ${name}, as asked${fixesText(fixes2.length)}.` };
}
async function bestDevice(build, discard) {
  const better = [];
  let lastProblem = "";
  for (const { name, load, install, merit } of deviceRows) {
    if (!await load().catch(() => false) || !await use(name)) {
      better.push(`${name} is ${merit}: ${install}`);
      continue;
    }
    const fixes2 = applyFixes(name);
    const model = await build();
    const problem = problemOf(model, name);
    if (problem === void 0) {
      const [why, problems] = lastProblem === "" ? ["the best that is here", []] : ["the best that can train this model", [lastProblem]];
      const more = better.length === 0 ? problems : [...problems, better.join("; ")];
      return { model, line: [`Device: ${name}, ${why}${fixesText(fixes2.length)}`, ...more].map((sentence) => `${sentence}.`).join(" ") };
    }
    lastProblem = `${name} cannot train ${problem.replace(/\.$/, "")}`;
    discard(model);
  }
  throw new SnapfitError("DEVICE_CANNOT_TRAIN", `No device here can train this model: ${lastProblem}. Replace the layer, or install another engine.`);
}
function problemOf(model, name) {
  if (!isLayersModel(model)) return void 0;
  const [first] = checkModelCanTrain(model, name);
  return first && `${first.className} (layer ${first.layer}, op ${first.op}): ${first.reason}`;
}
function fixesText(count) {
  return count === 0 ? "" : `, ${count} of its gradients and kernels put right`;
}
async function use(name) {
  silenceNotice();
  try {
    return await tf36.setBackend(name);
  } catch {
    return false;
  }
}
function silenceNotice() {
  const cpu = tf36.findBackend("cpu");
  if (cpu) cpu.firstUse = false;
}
var init_devices = __esm({
  "packages/core/src/devices.ts"() {
    "use strict";
    init_src();
    init_src3();
    init_device_table();
    init_model();
  }
});

// packages/core/src/hooks.ts
function callHook(session, name, ...args) {
  const { trainer, options } = session;
  const own = trainer[name](...args);
  if (options.callbacks.length === 0) return own;
  return callCallbacks(session, own, name, args);
}
async function callCallbacks(session, own, name, args) {
  if (isPromise(own)) await own;
  for (const callback of session.options.callbacks) {
    await callback[name]?.call(callback, session.trainer, ...args);
  }
}
var init_hooks = __esm({
  "packages/core/src/hooks.ts"() {
    "use strict";
    init_awaitable();
  }
});

// packages/core/src/phase-progress.ts
function numBatches(source) {
  const length = typeof source === "function" ? void 0 : source.length;
  return typeof length === "number" ? length : void 0;
}
function turn() {
  const { setImmediate } = globalThis;
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
var YIELD_EVERY_MS, titles, PhaseProgress;
var init_phase_progress = __esm({
  "packages/core/src/phase-progress.ts"() {
    "use strict";
    init_format();
    YIELD_EVERY_MS = 50;
    titles = { idle: "Training", train: "Training", validation: "Validation", test: "Test", prediction: "Prediction" };
    PhaseProgress = class {
      #session;
      #title;
      #total;
      #means;
      #startMs = performance.now();
      #doneBefore;
      #done;
      #samples = 0;
      #yieldedMs = performance.now();
      constructor(session, source, limit, means, doneBefore = 0) {
        this.#session = session;
        this.#means = means;
        this.#doneBefore = this.#done = doneBefore;
        const total = Math.min(numBatches(source) ?? Infinity, limit);
        this.#total = Number.isFinite(total) ? total : void 0;
        const { counters, phase, fit } = session;
        const isInFit = phase === "train" || session.isEpochRunning;
        this.#title = `${isInFit ? `${formatEpoch(counters.epoch, fit?.limits.epochs)} ` : ""}${titles[phase]}`;
        session.console.beginProgress();
      }
      /** Counts what is done, shows it if it is time, and lets timers, signals and sinks run at least every 50 ms. */
      advance(samples, batches = 1) {
        this.#done += batches;
        this.#samples += samples;
        if (this.#session.console.isProgressDue) {
          this.#session.console.showProgress({ title: this.#title, done: this.#done, total: this.#total, doneBefore: this.#doneBefore, samples: this.#samples, seconds: (performance.now() - this.#startMs) / 1e3, means: this.#means.means() });
        }
        if (performance.now() - this.#yieldedMs >= YIELD_EVERY_MS) return this.#yield();
      }
      async #yield() {
        await turn();
        this.#yieldedMs = performance.now();
      }
    };
  }
});

// packages/core/src/read-step-result.ts
import * as tf37 from "@tensorflow/tfjs";
function keepResult(session, result, step, nextTensorId2) {
  if (typeof result !== "object" || result === null) throw wrongResult(step, `${String(result)}`);
  if (isPromise(result)) {
    result.catch(() => void 0);
    throw wrongResult(step, "a promise: steps are synchronous, so remove async");
  }
  if (result instanceof tf37.Tensor) throw wrongResult(step, "a bare tensor");
  const keep7 = (tensor7) => {
    const own = tf37.keep(tensor7.id >= nextTensorId2 && !tensor7.kept ? tensor7 : tensor7.clone());
    session.own([own]);
    return own;
  };
  const scalars = {};
  let outputs;
  for (const name in result) {
    const value = result[name];
    if (value === void 0) continue;
    if (name === "outputs") {
      outputs = {};
      for (const [output, tensor7] of Object.entries(value)) {
        if (!(tensor7 instanceof tf37.Tensor)) throw wrongResult(step, `outputs.${output} that is no tensor`);
        outputs[output] = keep7(tensor7);
      }
    } else if (typeof value === "number") scalars[name] = value;
    else if (value instanceof tf37.Tensor && value.size === 1) scalars[name] = keep7(value);
    else throw wrongResult(step, value instanceof tf37.Tensor ? `"${name}" of shape [${value.shape.join(", ")}]; take its mean, or put it into outputs` : `"${name}" that is no scalar`);
  }
  return { scalars, outputs };
}
function wrongResult(step, what) {
  return new SnapfitError("STEP_RESULT", `${step} returned ${what}. A step returns { loss?, ...scalars, outputs? }: scalar tensors or numbers, and tensors by sample under outputs.`);
}
function nextTensorId() {
  return tf37.engine().constructor.nextTensorId;
}
async function hostOutputsOf({ outputs }) {
  if (outputs === void 0) return void 0;
  const names2 = Object.keys(outputs);
  const values = await Promise.all(names2.map((name) => toHostTensor(outputs[name])));
  for (const name of names2) outputs[name].dispose();
  return Object.fromEntries(names2.map((name, i) => [name, values[i]]));
}
function batchOutputs({ scalars }, outputs) {
  return outputs === void 0 ? scalars : { ...scalars, outputs };
}
var init_read_step_result = __esm({
  "packages/core/src/read-step-result.ts"() {
    "use strict";
    init_src();
    init_awaitable();
    init_batch();
  }
});

// packages/core/src/prepare-batch.ts
import * as tf38 from "@tensorflow/tfjs";
function prepareBatch(session, batch, randomness) {
  const { trainer, phase } = session;
  let ready;
  const before = nextTensorId();
  runSection(randomness, () => tf38.tidy(() => {
    ready = refusePromise("transferBatch", trainer.transferBatch(batch));
    if (phase === "train") ready = refusePromise("transformBatch", trainer.transformBatch(ready));
    return tensorsIn(ready);
  }));
  const made2 = tensorsIn(ready).filter((tensor7) => tensor7.id >= before && !tensor7.kept);
  session.own(made2);
  return { batch: ready, made: made2 };
}
function refusePromise(method, value) {
  if (!isPromise(value)) return value;
  value.catch(() => void 0);
  throw new SnapfitError("STEP_RESULT", `${method} returned a promise. It is synchronous. Remove async; what has to wait belongs into the loader, which reads ahead.`);
}
var init_prepare_batch = __esm({
  "packages/core/src/prepare-batch.ts"() {
    "use strict";
    init_src();
    init_awaitable();
    init_batch();
    init_read_step_result();
    init_sync_section();
  }
});

// packages/core/src/evaluation.ts
import * as tf39 from "@tensorflow/tfjs";
async function evaluate(session, phase, given) {
  const outer = session.phase;
  const evaluation = { source: given.source, limit: given.limit ?? Infinity, emit: given.emit, logged: new WeightedMeans(), dropped: false };
  session.evaluation = evaluation;
  session.phase = phase;
  try {
    const metrics = await session.trainer.runEvaluation(phase);
    await session.pending.resolve();
    return evaluation.dropped ? void 0 : { values: metrics, logged: await evaluation.logged.meansOver(session.group) };
  } finally {
    session.evaluation = void 0;
    session.phase = outer;
    session.console.clearProgress();
    session.release();
  }
}
async function evaluationPass(session, phase) {
  const { group, metrics, trainer, stops } = session;
  const evaluation = session.evaluation;
  const hasHooks = phase !== "prediction";
  const means = new WeightedMeans();
  const collected = session.collectsOutputs && hasHooks ? [] : void 0;
  metrics.valid.reset();
  if (hasHooks) await callHook(session, "onValidationEpochStart");
  const progress = new PhaseProgress(session, evaluation.source, evaluation.limit, means);
  const iterator = openPass(evaluation.source);
  let isDone = false;
  try {
    for (let index = 0; index < evaluation.limit; index++) {
      const item = iterator.next();
      const { done, value: batch } = "then" in item ? await item : item;
      isDone = done === true;
      if (isDone) break;
      const outputs = await evaluateBatch(session, phase, batch, index, means);
      session.release();
      if (outputs !== void 0) {
        if (hasHooks) metrics.valid.update(outputs);
        collected?.push(outputs);
        if (evaluation.emit && !await evaluation.emit(outputs)) break;
      }
      if (stops.isInterruptAsked) {
        evaluation.dropped = true;
        break;
      }
      await progress.advance(trainer.batchSize(batch));
    }
  } finally {
    if (!isDone) await iterator.return?.();
  }
  await session.pending.resolve();
  if (group.size > 1) evaluation.dropped = (await group.allGather(evaluation.dropped)).includes(true);
  if (evaluation.dropped) await stops.agree();
  if (!hasHooks || evaluation.dropped) return {};
  const values = { ...await means.meansOver(group), ...await metrics.valid.compute(group) };
  const joined = collected && await joinOverRanks(session, collected);
  if (joined !== void 0) Object.assign(values, await trainer.computeMetrics(joined));
  await callHook(session, "onValidationEpochEnd", values);
  return values;
}
async function evaluateBatch(session, phase, batch, index, means) {
  const { trainer, pending } = session;
  const weight = trainer.batchWeight(batch);
  const numSamples = trainer.batchSize(batch);
  const { batch: transferred } = prepareBatch(session, batch, session.section("transform", index, 0, numSamples));
  const hasHooks = phase !== "prediction";
  if (hasHooks) await callHook(session, "onValidationBatchStart", transferred, index);
  session.stepWeight = weight;
  const result = runSection(session.section("step", index, 0, numSamples), () => keptOutputs(session, phase, transferred, index));
  const outputs = await hostOutputsOf(result);
  if (hasHooks) await callHook(session, "onValidationBatchEnd", batchOutputs(result, outputs), transferred, index);
  const into = [means];
  for (const [name, scalar3] of Object.entries(result.scalars)) {
    const value = readIfOnHost(scalar3);
    if (typeof value !== "number") session.disown(value);
    pending.add({ name, value, weight, into });
  }
  session.stepWeight = 1;
  return outputs;
}
function keptOutputs(session, phase, batch, index) {
  let kept;
  tf39.tidy(() => {
    const before = nextTensorId();
    kept = keepResult(session, session.trainer.computeOutputs(batch, index), stepNames[phase], before);
  });
  return kept;
}
async function joinOverRanks({ group }, batches) {
  const own = batches.length === 0 ? null : joinOutputs(batches);
  const all = group.size === 1 ? [own] : await group.allGather(own);
  const present = all.filter((outputs) => outputs !== null);
  return present.length === 0 ? void 0 : joinOutputs(present);
}
function joinOutputs(batches) {
  return Object.fromEntries(Object.keys(batches[0]).map((name) => [name, joinTensors(batches.map((outputs) => outputs[name]))]));
}
function joinTensors(parts) {
  const first = parts[0];
  const length = parts.reduce((sum3, { data: data3 }) => sum3 + data3.length, 0);
  const data2 = new first.data.constructor(length);
  let at = 0;
  for (const part of parts) {
    data2.set(part.data, at);
    at += part.data.length;
  }
  const rows = parts.reduce((sum3, { shape }) => sum3 + (shape[0] ?? 1), 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], data: data2 };
}
var stepNames;
var init_evaluation = __esm({
  "packages/core/src/evaluation.ts"() {
    "use strict";
    init_src();
    init_hooks();
    init_phase_progress();
    init_pending_scalars();
    init_prepare_batch();
    init_read_step_result();
    init_sync_section();
    init_weighted_means();
    init_window();
    stepNames = { validation: "validationStep", test: "testStep", prediction: "predictStep" };
  }
});

// packages/core/src/prediction.ts
function predictionResult(prediction) {
  if (typeof prediction !== "object" || prediction === null) {
    throw new SnapfitError("STEP_RESULT", `predictStep returned ${typeof prediction} ${String(prediction)}. It returns a tensor, or several by name or in a list.`);
  }
  if (Array.isArray(prediction)) return { outputs: Object.fromEntries(prediction.map((tensor7, i) => [`output${i}`, tensor7])) };
  return { outputs: isSingle(prediction) ? { [SINGLE]: prediction } : prediction };
}
function isSingle(prediction) {
  return typeof prediction.dataId === "object";
}
async function* predictions(session, source) {
  let offer;
  let answer = () => void 0;
  let offered = new Promise((resolve) => offer = resolve);
  const emit = (outputs) => {
    const answered = new Promise((resolve) => answer = resolve);
    offer(outputs);
    return answered;
  };
  const running = evaluate(session, "prediction", { source, emit });
  const ended = running.then(() => offer(void 0), () => offer(void 0));
  try {
    for (; ; ) {
      const outputs = await offered;
      if (outputs === void 0) break;
      yield outputs[SINGLE] ?? outputs;
      offered = new Promise((resolve) => offer = resolve);
      answer(true);
    }
  } finally {
    answer(false);
    await ended;
  }
  await running;
}
var SINGLE;
var init_prediction = __esm({
  "packages/core/src/prediction.ts"() {
    "use strict";
    init_src();
    init_evaluation();
    SINGLE = " prediction";
  }
});

// packages/core/src/evaluating.ts
var evaluating_exports = {};
__export(evaluating_exports, {
  evaluate: () => evaluate,
  evaluationPass: () => evaluationPass,
  predictionResult: () => predictionResult,
  predictions: () => predictions
});
var init_evaluating = __esm({
  "packages/core/src/evaluating.ts"() {
    "use strict";
    init_evaluation();
    init_prediction();
  }
});

// packages/core/src/node/signals.ts
function listenToSignals({ stop, close }) {
  const { process } = globalThis;
  if (typeof process?.on !== "function") return () => Promise.resolve();
  let received;
  const listeners = Object.keys(numbers).map((signal) => {
    const listener = () => {
      if (received !== void 0) process.exit(128 + numbers[signal]);
      received = signal;
      stop(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return async (interrupted) => {
    try {
      if (received === void 0 || !interrupted) return;
      await close();
      process.exitCode = 128 + numbers[received];
      if (process.listenerCount(received) <= 1) process.exit(128 + numbers[received]);
    } finally {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    }
  };
}
function beforeExit(close) {
  const { process } = globalThis;
  if (typeof process?.on !== "function") return () => void 0;
  if (closers.size === 0) process.on("beforeExit", closeAll);
  closers.add(close);
  return () => {
    closers.delete(close);
    if (closers.size === 0) process.off("beforeExit", closeAll);
  };
}
function closeAll() {
  for (const close of closers) close().catch((error) => console.error(error));
}
var numbers, closers;
var init_signals = __esm({
  "packages/core/src/node/signals.ts"() {
    "use strict";
    numbers = { SIGINT: 2, SIGTERM: 15 };
    closers = /* @__PURE__ */ new Set();
  }
});

// packages/core/src/schedule-driver.ts
var ScheduleDriver;
var init_schedule_driver = __esm({
  "packages/core/src/schedule-driver.ts"() {
    "use strict";
    init_src();
    ScheduleDriver = class {
      schedule;
      #optimizer;
      #printedFactor;
      constructor(optimizer, schedule) {
        this.#optimizer = optimizer;
        this.schedule = schedule;
      }
      /** @throws SnapfitError `TOTAL_STEPS_UNKNOWN` if the schedule asks for a length that is not known. */
      factor(clock) {
        if (this.schedule === void 0) return 1;
        if (this.schedule.unit === "metric") return this.schedule.factor;
        return this.schedule.at({
          step: clock.step,
          epoch: clock.epochsDone,
          get totalSteps() {
            if (clock.totalSteps !== void 0) return clock.totalSteps;
            throw new SnapfitError("TOTAL_STEPS_UNKNOWN", "The schedule needs the number of steps in all, which is not known here: the loader has no length, or the fit ends by time. Give the schedule totalSteps, or fit() a limit of steps.");
          }
        });
      }
      /** The rate of each group now. */
      rates(clock) {
        const factor = this.factor(clock);
        return this.#optimizer.groups.map(({ name, learningRate }) => ({ name, rate: learningRate * factor }));
      }
      /** Lines for rates that changed since the last call, once an epoch; schedules by step change too often to be printed. @param optimizerName where there are several */
      changedRates(clock, optimizerName) {
        if (this.schedule === void 0 || this.schedule.unit === "step") return [];
        const factor = this.factor(clock);
        const before = this.#printedFactor ?? factor;
        this.#printedFactor = factor;
        const { groups } = this.#optimizer;
        return groups.flatMap(({ learningRate }, i) => {
          const [old, now] = [learningRate * before, learningRate * factor];
          if (Math.abs(now - old) <= 1e-8) return [];
          return [`Learning rate ${optimizerName === void 0 ? "" : `of ${optimizerName} `}${groups.length > 1 ? `[group ${i + 1}] ` : ""}updated: ${old.toFixed(6)} \u2192 ${now.toFixed(6)}`];
        });
      }
      saveState() {
        const own = this.schedule?.unit === "metric" ? this.schedule.saveState() : {};
        return { own, printedFactor: this.#printedFactor ?? null };
      }
      loadState(state) {
        this.#printedFactor = state["printedFactor"] ?? void 0;
        if (this.schedule?.unit === "metric") this.schedule.loadState(state["own"]);
      }
    };
  }
});

// packages/core/src/optimizer-slots.ts
function optimizerSlots(configured) {
  if (configured === void 0) return [];
  if (isOptimizer(configured)) throw invalid("a bare optimizer");
  if (isSetup(configured)) return [slot("default", configured, (all) => all)];
  return Object.entries(configured).map(([name, setup]) => {
    if (!isSetup(setup) || typeof setup.parameters !== "function") throw invalid(`an entry "${name}" without optimizer and parameters`);
    return slot(name, setup, (all) => new Map([...all].filter(([path]) => setup.parameters(path))));
  });
}
function slot(name, { optimizer, schedule }, select) {
  if (inUse.has(optimizer)) throw new SnapfitError("OPTIMIZER_IN_USE", `The optimizer ${optimizer.name} already belongs to a trainer. Its state is that trainer's. Make a new one for each trainer.`);
  inUse.add(optimizer);
  return {
    name,
    optimizer,
    driver: new ScheduleDriver(optimizer, schedule),
    parametersOf(all) {
      const own = select(all);
      if (own.size > 0) return own;
      throw new SnapfitError("NO_PARAMETERS", `The optimizer "${name}" has no parameter to train. The model has ${[...all.keys()].join(", ") || "none that is trainable"}. Change the predicate, or what is frozen.`);
    }
  };
}
function isOptimizer(value) {
  return typeof value?.apply === "function";
}
function isSetup(value) {
  return isOptimizer(value?.optimizer);
}
function invalid(what) {
  return new SnapfitError("OPTIMIZERS_INVALID", `configureOptimizers() returned ${what}. It returns { optimizer, schedule? }, or { name: { optimizer, parameters: (path) => boolean, schedule? }, \u2026 }. Wrap the optimizer in an object.`);
}
var inUse;
var init_optimizer_slots = __esm({
  "packages/core/src/optimizer-slots.ts"() {
    "use strict";
    init_src();
    init_schedule_driver();
    inUse = /* @__PURE__ */ new WeakSet();
  }
});

// packages/core/src/ready.ts
var ready_exports = {};
__export(ready_exports, {
  makeReady: () => makeReady
});
import * as tf40 from "@tensorflow/tfjs";
async function makeReady(session) {
  try {
    await setUp(session);
  } catch (error) {
    await session.cleanups.run().catch(() => void 0);
    throw error;
  }
  session.cleanups.add(() => session.logs.close());
  session.isReady = true;
}
async function setUp(session) {
  const { options, console: console2, group } = session;
  session.seed = await group.broadcast(session.seed);
  const { model, line } = await chooseDevice(options.device, modelBuilder(session), discardModel);
  console2.info(line);
  if (options.seed === void 0) console2.info(`Seed: ${session.seed}. Give it as an option to repeat this run.`);
  session.evaluating = evaluating_exports;
  try {
    await setUpTrainer(session, model);
  } catch (error) {
    if (typeof options.model === "function") discardModel(model);
    throw error;
  }
}
async function setUpTrainer(session, model) {
  const { options, trainer, sinks, counters, group, runName, cleanups } = session;
  session.model = adoptModel(model);
  session.optimizers = optimizerSlots(await trainer.configureOptimizers());
  session.stoppers = await trainer.configureEarlyStoppers();
  const { train, valid } = await trainer.configureMetrics();
  session.declaredMetrics = { ...train, ...valid };
  session.metrics = { train: new MetricSet(train), valid: new MetricSet(valid) };
  cleanups.add(() => {
    for (const { optimizer } of session.optimizers) optimizer.dispose();
    session.pending.dispose();
    session.logs.dispose();
  });
  cleanups.add(beforeExit(() => trainer.close()));
  await trainer.setup();
  await trainer.restore();
  await sinks.open({ runName, step: counters.step, rank: group.rank });
  if (!sinks.isEmpty) await session.logs.emit("config", { kind: "config", values: plainOptions(options) });
}
function modelBuilder(session) {
  const { options } = session;
  if (typeof options.model !== "function") {
    let values;
    return async () => {
      const model = options.model;
      const variables = isLayersModel(model) ? model.weights.map((weight) => weight.read()) : [...model.parameters().values(), ...model.buffers?.().values() ?? []];
      values ??= new Map(await Promise.all(variables.map(async (variable) => [variable, (await variable.data()).slice()])));
      for (const [variable, data2] of values) tf40.tidy(() => variable.assign(tf40.tensor(data2, variable.shape, variable.dtype)));
      return model;
    };
  }
  const factory = options.model;
  return async () => {
    const init = session.random.split("init");
    const built = await withSeededRandom(() => init, factory);
    if (built === void 0 || built === null) throw new SnapfitError("MODEL_INVALID", `The model function returned ${String(built)}. It returns a tf.LayersModel or an object with parameters(). Add the return.`);
    checkModel(built);
    return built;
  };
}
function discardModel(model) {
  if (isLayersModel(model)) model.dispose();
  else for (const variable of [...model.parameters().values(), ...model.buffers?.().values() ?? []]) variable.dispose();
}
function plainOptions(options) {
  const isPlain = (value) => value === null || ["number", "string", "boolean"].includes(typeof value) || Array.isArray(value) && value.every(isPlain) || typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value)) && Object.values(value).every(isPlain);
  return Object.fromEntries(Object.entries(options).filter((entry) => isPlain(entry[1])));
}
var init_ready = __esm({
  "packages/core/src/ready.ts"() {
    "use strict";
    init_src();
    init_trained_model();
    init_devices();
    init_evaluating();
    init_metric_set();
    init_model();
    init_signals();
    init_optimizer_slots();
    init_sync_section();
  }
});

// packages/core/src/fit-entry.ts
function allowsMore(now, before) {
  return ["epochs", "steps", "maxSeconds"].some((name) => before[name] !== void 0 && (now[name] ?? Infinity) > before[name]);
}
function limitsText({ epochs, steps, maxSeconds }) {
  return [epochs !== void 0 && `${epochs} epochs`, steps !== void 0 && `${steps} steps`, maxSeconds !== void 0 && `${maxSeconds} s`].filter(Boolean).join(", ");
}
var init_fit_entry = __esm({
  "packages/core/src/fit-entry.ts"() {
    "use strict";
  }
});

// packages/core/src/history.ts
function recordEpoch(columns, epoch, values) {
  for (const name of /* @__PURE__ */ new Set([...Object.keys(columns), ...Object.keys(values)])) {
    const column = columns[name] ??= [];
    while (column.length < epoch) column.push(NaN);
    const value = values[name];
    if (value !== void 0) column[epoch - 1] = value;
  }
}
var init_history = __esm({
  "packages/core/src/history.ts"() {
    "use strict";
  }
});

// packages/core/src/train-epoch.ts
async function runEpoch(session, plan) {
  const { trainer, counters } = session;
  session.epochStart = performance.now();
  if (!session.isEpochRunning) await beginEpoch(session);
  if (session.validationDue === "step") {
    await validate(session, plan, "step");
    if (session.stops.isInterrupted) return;
    await trainer.savePoint("step");
  }
  if (session.validationDue === null) {
    await trainWindows(session, plan);
    if (session.stops.isInterrupted) return;
  }
  await session.pending.resolve();
  const train = { ...await session.epochMeans.meansOver(session.group), ...await session.metrics.train.compute(session.group) };
  recordEpoch(session.history.train, counters.globalEpoch, train);
  recordEpoch(session.history.valid, counters.globalEpoch, {});
  if (session.validationDue === null && !isValidationDue(session, plan)) {
    askTrainStopper(session, train);
    await session.stops.agree();
  }
  if (session.validationDue === "epoch" || isValidationDue(session, plan)) {
    await validate(session, plan, "epoch");
    if (session.stops.isInterrupted) return;
  }
  await endEpoch(session, plan, train);
}
async function beginEpoch(session) {
  const { counters } = session;
  counters.epoch += 1;
  counters.globalEpoch += 1;
  counters.batch = 0;
  session.position.samples = 0;
  session.epochMeans.reset();
  session.metrics.train.reset();
  session.validated = null;
  session.isTrainStopperAsked = false;
  session.isEpochRunning = true;
  await callHook(session, "onTrainEpochStart");
}
async function trainWindows(session, plan) {
  const { trainer, counters, stops, options } = session;
  const reader = await WindowReader.open(session, plan.train, plan.limitTrainBatches);
  const progress = new PhaseProgress(session, plan.train, plan.limitTrainBatches, session.epochMeans, counters.batch);
  let stepsBefore = counters.step;
  session.isStepping = true;
  try {
    for (; ; ) {
      const stopping = shouldStop(session, plan);
      if (isPromise(stopping) ? await stopping : stopping) break;
      const window = await reader.next();
      if (window === void 0) break;
      try {
        const step = trainer.runStep(window);
        if (isPromise(step)) await step;
      } finally {
        session.release();
      }
      if (counters.step > stepsBefore) {
        stepsBefore = counters.step;
        if (counters.step % options.logEvery === 0) await logPoint(session);
        if (isStepValidationDue(session, plan)) {
          await pauseTraining(session, () => validate(session, plan, "step"));
          if (stops.isInterrupted) break;
        }
        const saving = trainer.savePoint("step");
        if (isPromise(saving)) await saving;
      }
      const turn2 = progress.advance(window.totalSize, window.batches.length);
      if (turn2) await turn2;
    }
    await stops.agree();
    await refuseEndlessFit(session, plan);
  } catch (error) {
    await reader.close(true).catch(() => void 0);
    throw error;
  } finally {
    session.isStepping = false;
    session.console.clearProgress();
  }
  await reader.close(stops.isInterrupted);
}
async function refuseEndlessFit({ counters, group, stops, hasTrained }, { limits }) {
  const isEmpty = group.size === 1 ? counters.batch === 0 : (await group.allGather(counters.batch)).every((batches) => batches === 0);
  if (stops.request !== void 0) return;
  if (!hasTrained && !isEmpty && limits.epochs === void 0 && limits.maxSeconds === void 0) {
    throw new SnapfitError("NO_STEP", "fit() has a limit of steps alone, but after an epoch no step was done: there is no optimizer, or trainingStep returned no loss. Limit epochs, or give both.");
  }
  if (isEmpty) throw new SnapfitError("EMPTY_LOADER", "The training loader yielded no batch. fit() needs at least one batch an epoch. Check its source; an iterator that was used up before is empty too.");
}
async function logPoint(session) {
  await checkGradientNorms(session);
  await session.logs.flush();
}
async function pauseTraining(session, validation) {
  session.console.clearProgress();
  await validation();
  session.console.beginProgress();
}
function shouldStop(session, { limits, signal }) {
  const { stops, group } = session;
  if (signal?.aborted === true) stops.ask({ kind: "interrupt", reason: abortReason(signal) });
  askIfLimitReached(session, limits);
  return group.size === 1 ? stops.request !== void 0 : stops.agree().then((request) => request !== void 0);
}
function askIfLimitReached(session, { steps, maxSeconds }) {
  const { stops, counters, fit } = session;
  if (steps !== void 0 && counters.step - fit.startStep >= steps) stops.ask({ kind: "finish", reason: `${steps} steps`, byLimit: true });
  if (maxSeconds !== void 0 && session.fitSeconds() >= maxSeconds) stops.ask({ kind: "finish", reason: `${maxSeconds} s`, byLimit: true });
}
function abortReason({ reason }) {
  return reason instanceof Error ? reason.message : String(reason);
}
function isStepValidationDue({ counters }, { validation, validateEvery }) {
  return validation !== void 0 && validateEvery.steps !== void 0 && counters.step % validateEvery.steps === 0;
}
function isValidationDue(session, plan) {
  if (plan.validation === void 0 || session.validated?.step === session.counters.step) return false;
  return isLastEpoch(session, plan) || plan.validateEvery.epochs !== void 0 && session.counters.epoch % plan.validateEvery.epochs === 0;
}
function isLastEpoch({ counters, stops }, { limits }) {
  return stops.request !== void 0 || limits.epochs !== void 0 && counters.epoch >= limits.epochs;
}
async function validate(session, plan, kind) {
  const source = plan.validation;
  session.validationDue = kind;
  const { validationLoader } = session;
  if (isLoader(source)) {
    if (validationLoader.restored) source.loadState(validationLoader.restored);
    validationLoader.restored = source.saveState(0);
  }
  validationLoader.source = source;
  const evaluated = await evaluate(session, "validation", { source, limit: plan.limitValidationBatches });
  if (evaluated === void 0) {
    if (isLoader(source)) source.loadState(validationLoader.restored);
    return;
  }
  const { values, logged } = evaluated;
  validationLoader.restored = void 0;
  session.validationDue = null;
  session.validated = { step: session.counters.step, values };
  recordEpoch(session.history.valid, session.counters.globalEpoch, values);
  await keepBest(session, values);
  askStopper(session, session.stoppers.valid, values);
  updateMetricSchedules(session, values);
  await session.logs.evaluated("valid", values, logged);
}
async function keepBest(session, values) {
  const { stoppers, counters, trainer } = session;
  const monitor = stoppers.valid?.monitor ?? "loss";
  const value = values[monitor];
  if (value === void 0 || !isBetter(value, session.best, stoppers.valid?.mode ?? "min")) return;
  session.best = { weights: await trainer.modelStateForUse(), monitor, value, epoch: counters.globalEpoch, step: counters.step };
}
function askStopper(session, stopper, values) {
  if (stopper === void 0) return;
  const value = values[stopper.monitor];
  if (value === void 0) return session.console.once("error", `Monitor key '${stopper.monitor}' not found. There are: ${Object.keys(values).join(", ") || "none"}.`);
  const sentence = stopper.update(value);
  if (sentence === void 0) return;
  session.console.info(`Early stopping: ${sentence}.`);
  session.stops.ask({ kind: "finish", reason: `early stopping: ${sentence}` });
}
function askTrainStopper(session, train) {
  if (session.isTrainStopperAsked) return;
  session.isTrainStopperAsked = true;
  askStopper(session, session.stoppers.train, train);
}
function updateMetricSchedules(session, values) {
  for (const { driver } of session.optimizers) {
    const { schedule } = driver;
    if (schedule?.unit !== "metric") continue;
    const { valid } = session.stoppers;
    const monitor = schedule.monitor ?? valid?.monitor ?? "loss";
    const value = values[monitor];
    if (value === void 0) session.console.once("warning", `ReduceLROnPlateau: monitor key '${monitor}' not found`);
    else schedule.update(value, schedule.mode ?? (valid?.monitor === monitor ? valid.mode : session.directionOf(monitor)));
  }
}
async function endEpoch(session, plan, train) {
  const { counters, console: console2, trainer } = session;
  await logPoint(session);
  session.isEpochRunning = false;
  for (const { name, driver } of session.optimizers) {
    if (driver.schedule?.unit === "metric" && plan.validation === void 0) console2.once("warning", "ReduceLROnPlateau requires validation outputs");
    for (const line of driver.changedRates(session.clock, session.optimizers.length > 1 ? name : void 0)) console2.info(line);
  }
  session.isEpochRunning = true;
  askTrainStopper(session, train);
  const valid = session.validated?.values;
  await session.logs.emit("epoch", { kind: "scalars", values: { epoch: counters.globalEpoch, ...Object.fromEntries(Object.entries(train).map(([name, value]) => [`train/${name}_epoch`, value])) } });
  await callHook(session, "onTrainEpochEnd", valid === void 0 ? train : { ...train, valid });
  await session.logs.flushQueue();
  console2.info(epochLine(counters.epoch, plan.limits.epochs, train, valid, (performance.now() - session.epochStart) / 1e3));
  session.isEpochRunning = false;
  await trainer.savePoint("epoch");
}
var init_train_epoch = __esm({
  "packages/core/src/train-epoch.ts"() {
    "use strict";
    init_src();
    init_awaitable();
    init_best_model();
    init_format();
    init_evaluation();
    init_history();
    init_hooks();
    init_phase_progress();
    init_not_finite();
    init_window();
  }
});

// packages/core/src/fit.ts
async function runFit(session, plan) {
  const { stops, console: console2 } = session;
  session.fitCalls += 1;
  const earlier = session.fits[session.fitCalls - 1];
  if (earlier?.finished && !reopen(session, earlier, plan.limits)) {
    console2.info(`Fit ${session.fitCalls} is finished (${earlier.finished.reason}): nothing to do.`);
    passOver(session, earlier, plan);
    return { reason: earlier.finished.reason, interrupted: false };
  }
  const ignoreSignals = session.options.signals ? listenToSignals({ stop: (reason) => stops.ask({ kind: "interrupt", reason }), close: () => session.trainer.close() }) : void 0;
  const onAbort = () => stops.ask({ kind: "interrupt", reason: abortReason(plan.signal) });
  plan.signal?.addEventListener("abort", onAbort);
  session.phase = "train";
  session.hasTrained = earlier !== void 0 && session.counters.step > earlier.startStep;
  session.fitStart = performance.now();
  try {
    if (earlier === void 0) beginFit(session, plan);
    else continueFit(session, earlier, plan);
    takeSource(session, plan.train);
    await planSteps(session, plan);
    await callHook(session, "onFitStart");
    await runEpochs(session, plan);
    return await endFit(session, plan);
  } finally {
    session.phase = "idle";
    session.fitSecondsBefore = session.fitSeconds();
    session.fitStart = void 0;
    plan.signal?.removeEventListener("abort", onAbort);
    session.release();
    session.console.clearProgress();
    await session.sinks.flush();
    await ignoreSignals?.(stops.isInterrupted);
  }
}
function passOver(session, { loader, validationLoader }, { train, validation }) {
  if (isLoader(train) && loader) train.loadState(loader);
  if (isLoader(validation) && validationLoader) validation.loadState(validationLoader);
  if (session.isReplaying) return;
  session.position.source = train;
  session.position.restored = void 0;
  session.validationLoader = { source: validation, restored: void 0 };
}
function reopen(session, entry, limits) {
  if (entry.finished?.by !== "limit" || session.fitCalls < session.fits.length || !allowsMore(limits, entry.limits)) return false;
  session.console.info(`Fit ${session.fitCalls} had ended at its limit of ${limitsText(entry.limits)}; now ${limitsText(limits)} are allowed, so it goes on.`);
  entry.finished = null;
  entry.limits = limits;
  session.stops.clearFinish();
  session.position.restored = entry.loader ?? void 0;
  return true;
}
function continueFit(session, entry, { limits, validation }) {
  const { console: console2, counters, fitCalls } = session;
  const [now, before] = [limitsText(limits), limitsText(entry.limits)];
  console2.info(`Fit ${fitCalls} goes on at epoch ${counters.epoch}, step ${counters.step}.${now === before ? "" : ` It may now take ${now} (before: ${before}).`}`);
  entry.limits = limits;
  if (!isLoader(validation) || !session.validationLoader.restored) return;
  validation.loadState(session.validationLoader.restored);
  session.validationLoader = { source: validation, restored: void 0 };
}
function beginFit(session, { limits }) {
  const { counters, console: console2, stops } = session;
  if (session.best !== void 0 || counters.step > 0) {
    const from = { last: "the last weights", best: "the best weights", given: "the weights that were set" }[session.startsFrom];
    console2.info(`Fit ${session.fitCalls} starts from ${from} (step ${counters.step}).`);
  }
  session.startsFrom = "last";
  const before = session.fits.at(-1);
  if (before) before.finished ??= { by: "stop", reason: "an error" };
  stops.clear();
  counters.fit += 1;
  counters.epoch = 0;
  counters.batch = 0;
  session.isEpochRunning = false;
  session.fitSecondsBefore = 0;
  session.validationDue = null;
  session.position.restored = void 0;
  session.validationLoader = { source: void 0, restored: void 0 };
  session.fits.push({ limits, finished: null, startStep: counters.step, startEpoch: counters.globalEpoch, totalSteps: null, loader: null, validationLoader: null });
}
async function planSteps(session, plan) {
  const { group, optimizers, console: console2, clock } = session;
  const entry = session.fit;
  const lengths = await group.allGather(Math.min(numBatches(plan.train) ?? Infinity, plan.limitTrainBatches));
  const perEpoch = Math.ceil(Math.max(...lengths) / session.options.accumulate);
  const own = Math.min(perEpoch * (plan.limits.epochs ?? Infinity), plan.limits.steps ?? Infinity);
  const total = Number.isFinite(own) ? entry.startStep + own : null;
  if (entry.totalSteps !== null && total !== entry.totalSteps) {
    console2.warning(`This fit now has ${total ?? "an unknown number of"} steps in all; before it had ${entry.totalSteps}. Schedules follow the new number.`);
  }
  entry.totalSteps = total;
  for (const { driver } of optimizers) driver.changedRates({ ...clock, totalSteps: total ?? void 0 });
  for (const { driver } of optimizers) driver.factor({ ...clock, totalSteps: total ?? void 0 });
}
async function runEpochs(session, plan) {
  const { stops, counters } = session;
  for (; ; ) {
    if (plan.signal?.aborted === true) stops.ask({ kind: "interrupt", reason: abortReason(plan.signal) });
    if (!session.isEpochRunning) {
      if (plan.limits.epochs !== void 0 && counters.epoch >= plan.limits.epochs) stops.ask({ kind: "finish", reason: `${plan.limits.epochs} epochs`, byLimit: true });
      askIfLimitReached(session, plan.limits);
    }
    const request = await stops.agree();
    if (request !== void 0 && (request.kind === "interrupt" || !session.isEpochRunning)) return;
    await runEpoch(session, plan);
  }
}
async function endFit(session, plan) {
  const { stops, trainer, counters, console: console2 } = session;
  const { kind, reason, byLimit } = stops.request;
  const interrupted = kind === "interrupt";
  await checkGradientNorms(session);
  await session.pending.resolve();
  if (interrupted) console2.info(`Stopped at epoch ${counters.epoch}, step ${counters.step}: ${reason}.`);
  else {
    const entry = session.fit;
    entry.finished = { by: byLimit === true ? "limit" : "stop", reason };
    entry.loader = isLoader(plan.train) ? plan.train.saveState(0) : null;
    entry.validationLoader = isLoader(plan.validation) ? plan.validation.saveState(0) : null;
    stops.clearFinish();
  }
  await callHook(session, "onFitEnd", reason);
  await session.logs.flushQueue();
  if (!interrupted) await session.logs.emit("fit", { kind: "summary", values: summaryOf(session, reason) });
  await trainer.savePoint(interrupted ? "stop" : "fitEnd");
  if (!interrupted) stops.clearFinish();
  return { reason, interrupted };
}
function summaryOf({ history, best, counters }, reason) {
  const last = (columns, prefix) => Object.entries(columns).map(([name, values]) => [`${prefix}/${name}`, values.at(-1)]);
  const found = best === void 0 ? {} : { [`best/${best.monitor}`]: best.value, "best/epoch": best.epoch };
  return { ...Object.fromEntries([...last(history.train, "train"), ...last(history.valid, "valid")]), ...found, steps: counters.step, reason };
}
var init_fit = __esm({
  "packages/core/src/fit.ts"() {
    "use strict";
    init_fit_entry();
    init_hooks();
    init_signals();
    init_not_finite();
    init_phase_progress();
    init_train_epoch();
    init_window();
  }
});

// packages/core/src/gradients.ts
import * as tf41 from "@tensorflow/tfjs";
function gradientsOf(loss, parameters) {
  const before = nextTensorId();
  const { value, grads } = engineGradients(loss, [...parameters.values()]);
  if (!value.kept) value.dispose();
  const gradients = /* @__PURE__ */ new Map();
  let i = 0;
  for (const path of parameters.keys()) {
    const gradient = grads[i++];
    if (!gradient) continue;
    gradients.set(path, tf41.keep(gradient.kept || gradient.id < before ? gradient.clone() : gradient));
  }
  return gradients;
}
function engineGradients(loss, variables) {
  const engine5 = tf41.engine();
  return engine5.gradients(loss, variables, void 0, true);
}
function disposeReplaced(before, after) {
  if (before === after) return;
  const kept = new Set(after?.values());
  for (const gradient of before.values()) if (!kept.has(gradient)) gradient.dispose();
}
function checkGradients2(gradients) {
  let sum3 = 0;
  const notFinite = [];
  for (const [path, gradient] of gradients) {
    const values = hostValues(gradient);
    if (values === void 0) return { norm: tf41.tidy(() => globalNorm(gradients)), notFinite: [] };
    const squares = sumOfSquares(values);
    if (!Number.isFinite(squares)) notFinite.push(path);
    sum3 += squares;
  }
  return { norm: Math.sqrt(sum3), notFinite };
}
function sumOfSquares(values) {
  let sum3 = 0;
  for (let i = 0; i < values.length; i++) sum3 += values[i] * values[i];
  return sum3;
}
function globalNorm(gradients) {
  if (gradients.size === 0) return tf41.scalar(0);
  return tf41.sqrt(tf41.addN([...gradients.values()].map((gradient) => tf41.sum(tf41.square(gradient)))));
}
function guardGradients(gradients, norm) {
  return mapGradients(gradients, () => {
    const finite = tf41.isFinite(norm);
    return (gradient) => tf41.where(finite, gradient, tf41.zerosLike(gradient));
  });
}
function clipByNorm(gradients, maxNorm, norm) {
  if (typeof norm === "number") {
    const scale = maxNorm / (norm + 1e-6);
    return scale >= 1 ? gradients : mapGradients(gradients, () => (gradient) => tf41.mul(gradient, scale));
  }
  return mapGradients(gradients, () => {
    const scale = tf41.minimum(1, tf41.div(maxNorm, tf41.add(norm, 1e-6)));
    return (gradient) => tf41.mul(gradient, scale);
  });
}
function clipByValue3(gradients, maxValue) {
  return mapGradients(gradients, () => (gradient) => tf41.clipByValue(gradient, -maxValue, maxValue));
}
function mapGradients(gradients, prepare) {
  const changed = /* @__PURE__ */ new Map();
  tf41.tidy(() => {
    const change = prepare();
    for (const [path, gradient] of gradients) changed.set(path, tf41.keep(change(gradient)));
  });
  return changed;
}
var init_gradients = __esm({
  "packages/core/src/gradients.ts"() {
    "use strict";
    init_src2();
    init_read_step_result();
  }
});

// packages/core/src/update-parameters.ts
import * as tf42 from "@tensorflow/tfjs";
async function updateParameters(session, computed) {
  const { trainer } = session;
  const reducing = trainer.reduceGradients(computed);
  const reduced = isPromise(reducing) ? await reducing : reducing;
  exchange(session, computed, reduced);
  const unscaling = trainer.unscaleGradients(reduced);
  const unscaled = isPromise(unscaling) ? await unscaling : unscaling;
  exchange(session, reduced, unscaled);
  if (unscaled === null) return false;
  const finite = refuseNonFinite(session, unscaled, checkGradients2(unscaled));
  const clipped = trainer.clipGradients(finite);
  exchange(session, finite, clipped);
  session.checked = void 0;
  trainer.applyGradients(session.group.size === 1 ? withPresentOnly(session, clipped) : await withPresentAnywhere(session, clipped));
  for (const gradient of clipped.values()) gradient.dispose();
  return true;
}
function exchange(session, before, after) {
  if (after === before) return;
  disposeReplaced(before, after);
  if (after !== null) session.own(after.values());
}
function refuseNonFinite(session, gradients, { norm, notFinite }) {
  if (session.pass.badLoss !== void 0 || notFinite.length > 0) throw notFiniteNow(session, notFinite);
  if (typeof norm === "number") {
    session.checked = { gradients, norm };
    return gradients;
  }
  session.gradientNorms.push({ norm: tf42.keep(norm), step: session.counters.step + 1 });
  const guarded = guardGradients(gradients, norm);
  exchange(session, gradients, guarded);
  const guardedNorm = tf42.tidy(() => tf42.where(tf42.isFinite(norm), norm, 0));
  session.own([guardedNorm]);
  session.checked = { gradients: guarded, norm: guardedNorm };
  return guarded;
}
function notFiniteNow({ pass: { badLoss, numBatches: numBatches2 }, counters, activeSlot, optimizers }, notFinite) {
  const loss = badLoss === void 0 ? "" : `${badLoss.name} is ${badLoss.value}`;
  const gradients = notFinite.length === 0 ? "" : `${loss && ", and "}gradients of ${listed(notFinite)} are not finite`;
  const first = counters.batch + 1;
  const batches = badLoss !== void 0 ? `batch ${badLoss.index + 1}` : numBatches2 === 1 ? `batch ${first}` : `batches ${first} to ${counters.batch + numBatches2}`;
  const weights = activeSlot === optimizers[0] ? ` The weights are still those of step ${counters.step}.` : "";
  return notFiniteError(`${loss}${gradients} in step ${counters.step + 1} (epoch ${counters.globalEpoch}, ${batches}).${weights}`);
}
function listed(names2) {
  return names2.length > 4 ? `${names2.slice(0, 4).join(", ")} and ${names2.length - 4} more` : names2.join(", ");
}
function clip(session, gradients) {
  const options = session.options.clip;
  if (options === void 0) return gradients;
  const norm = session.checked?.gradients === gradients ? session.checked.norm : checkGradients2(gradients).norm;
  if (typeof norm === "number") warnOfLargeNorm(session, norm);
  else session.own([norm]);
  const clipped = options.norm === void 0 ? gradients : clipByNorm(gradients, options.norm, norm);
  if (options.value === void 0) return clipped;
  const limited = clipByValue3(clipped, options.value);
  if (clipped !== gradients) for (const gradient of clipped.values()) gradient.dispose();
  return limited;
}
function withPresentOnly({ pass: { present } }, gradients) {
  if (present.size >= gradients.size) return gradients;
  return new Map([...gradients].filter(([path]) => present.has(path)));
}
async function withPresentAnywhere({ pass: { present }, group }, gradients) {
  const votes = Int32Array.from(gradients.keys(), (path) => present.has(path) ? 1 : 0);
  await group.allReduce(votes, "max");
  return new Map([...gradients].filter((_, i) => votes[i] === 1));
}
var init_update_parameters = __esm({
  "packages/core/src/update-parameters.ts"() {
    "use strict";
    init_awaitable();
    init_gradients();
    init_not_finite();
  }
});

// packages/core/src/train-step.ts
async function runOptimizerStep(session, window) {
  const { trainer, optimizers, counters } = session;
  const passes = [];
  let applied2 = false;
  let hadGradients = false;
  for (const slot2 of optimizers.length > 0 ? optimizers : [void 0]) {
    session.activeSlot = slot2;
    const gradients = await trainer.computeGradients(window);
    passes.push(session.pass);
    if (slot2 === void 0 || gradients === void 0) continue;
    hadGradients = true;
    if (await updateParameters(session, gradients)) applied2 = true;
  }
  session.activeSlot = void 0;
  if (applied2) session.model.applyConstraints();
  commit(session, window, passes);
  if (applied2) counters.step += 1;
  if (!hadGradients) {
    const why = optimizers.length === 0 ? "The trainer has no optimizer" : "trainingStep returned no loss";
    session.console.once("info", `${why}: batches are averaged and logged, no parameter is changed.`);
  }
  if (hadGradients) {
    session.hasTrained = true;
    const done = trainer.onOptimizerStep({ skipped: !applied2 });
    if (isPromise(done)) await done;
  }
}
function commit(session, window, passes) {
  const { counters, pending, logs, metrics, position } = session;
  for (const pass of passes) {
    for (const scalar3 of pass.scalars) {
      if (typeof scalar3.value !== "number") session.disown(scalar3.value);
      pending.add(scalar3);
    }
    for (const outputs of pass.outputs) metrics.train.update(outputs);
    if (pass.records.length > 0) logs.commit(pass.records);
  }
  session.pass = new StepPass();
  counters.batch += window.batches.length;
  counters.samples += window.totalSize;
  position.samples += window.sizes.reduce((sum3, size) => sum3 + size, 0);
  session.windows += 1;
}
var init_train_step = __esm({
  "packages/core/src/train-step.ts"() {
    "use strict";
    init_awaitable();
    init_step_pass();
    init_update_parameters();
  }
});

// packages/core/src/window-gradients.ts
import * as tf43 from "@tensorflow/tfjs";
async function computeWindowGradients(session, window) {
  const { group, activeSlot: slot2 } = session;
  const pass = session.pass = new StepPass(window.batches.length);
  for (const gradient of session.accumulated.values()) gradient.dispose();
  session.accumulated.clear();
  const parameters = slot2?.parametersOf(session.model.parameters());
  for (let i = 0; i < window.batches.length; i++) await runBatch(session, window, i, parameters);
  const hasLoss = group.size === 1 ? pass.hasLoss : (await group.allGather(pass.hasLoss)).includes(true);
  if (parameters === void 0 || !hasLoss) return void 0;
  zerosForMissing(session, parameters);
  const gradients = group.size === 1 ? session.accumulated : inOrderOf(parameters, session.accumulated);
  session.accumulated = /* @__PURE__ */ new Map();
  session.own(gradients.values());
  return gradients;
}
function inOrderOf(parameters, gradients) {
  return new Map([...parameters.keys()].flatMap((path) => gradients.has(path) ? [[path, gradients.get(path)]] : []));
}
function zerosForMissing(session, parameters) {
  const { accumulated, trainer } = session;
  if (accumulated.size === parameters.size) return;
  const missing = [...parameters].filter(([path]) => !accumulated.has(path));
  const zeros3 = new Map(missing.map(([path, variable]) => [path, tf43.zeros(variable.shape)]));
  session.own(zeros3.values());
  trainer.accumulateGradients(zeros3);
}
async function runBatch(session, window, i, parameters) {
  const { trainer, pass, optimizers } = session;
  const index = window.firstIndex + i;
  const firstSample = window.firstSamples[i];
  const size = window.sizes[i];
  const weight = window.weights[i];
  session.stepWeight = weight;
  const prepared = sharedBatch(session, window, i) ?? await beginBatch(session, window, i, session.section("transform", i, firstSample, size));
  session.lossScale = window.totalWeight === 0 ? 0 : weight / window.totalWeight;
  const kind = optimizers.length < 2 ? "step" : `step of ${session.activeSlot.name}`;
  const { result, gradients } = runSection(session.section(kind, i, firstSample, size), () => userStep(session, prepared.batch, index, parameters));
  if (gradients !== void 0) {
    session.own(gradients.values());
    pass.hasLoss = true;
    for (const path of gradients.keys()) pass.present.add(path);
    trainer.accumulateGradients(gradients);
  }
  const outputs = result.outputs === void 0 ? void 0 : await hostOutputsOf(result);
  const isLast = optimizers.length < 2 || session.activeSlot === optimizers.at(-1);
  if (isLast) {
    const done = callHook(session, "onTrainBatchEnd", batchOutputs(result, outputs), prepared.batch, index);
    if (isPromise(done)) await done;
  }
  if (outputs !== void 0) pass.outputs.push(outputs);
  takeScalars(session, result, weight, index);
  if (optimizers.length < 2) for (const tensor7 of prepared.made) tensor7.dispose();
}
function takeScalars({ pass, activeSlot, optimizers, stepMeans }, { scalars }, weight, index) {
  for (const name in scalars) {
    const ownName = name === "loss" && optimizers.length > 1 ? `${activeSlot.name}_loss` : name;
    const value = readIfOnHost(scalars[name]);
    pass.scalars.push({ name: ownName, value, weight, into: stepMeans });
    if (name === "loss" && typeof value === "number" && !Number.isFinite(value)) pass.badLoss ??= { name: ownName, value, index };
  }
}
function sharedBatch({ optimizers, activeSlot }, window, i) {
  return optimizers.length > 1 && activeSlot !== optimizers[0] ? sharedBatches.get(window)?.[i] : void 0;
}
async function beginBatch(session, window, i, randomness) {
  const prepared = prepareBatch(session, window.batches[i], randomness);
  if (session.optimizers.length > 1) {
    const shared = sharedBatches.get(window) ?? [];
    shared[i] = prepared;
    sharedBatches.set(window, shared);
  }
  const done = callHook(session, "onTrainBatchStart", prepared.batch, window.firstIndex + i);
  if (isPromise(done)) await done;
  return prepared;
}
function userStep(session, batch, index, parameters) {
  const { trainer, model } = session;
  let result;
  const forward = () => {
    const before = nextTensorId();
    const returned = trainer.computeLoss(batch, index);
    result = keepResult(session, returned, "trainingStep", before);
    if (returned.loss === void 0) return void 0;
    const regularization = model.regularization();
    if (regularization !== void 0) {
      const kept = tf43.keep(regularization.clone());
      session.own([kept]);
      result.scalars["regularization"] = kept;
    }
    const loss = trainer.scaleLoss(regularization === void 0 ? returned.loss : tf43.add(returned.loss, regularization));
    return loss.rank === 0 && loss.id >= before ? loss : tf43.reshape(loss, []);
  };
  if (parameters === void 0) {
    tf43.tidy(() => void forward());
    return { result, gradients: void 0 };
  }
  let hasLoss = true;
  const gradients = gradientsOf(() => {
    const scaled = forward();
    hasLoss = scaled !== void 0;
    return scaled ?? tf43.scalar(0);
  }, parameters);
  return { result, gradients: hasLoss ? gradients : void 0 };
}
function accumulate({ accumulated }, gradients) {
  for (const [path, gradient] of gradients) {
    const sum3 = accumulated.get(path);
    if (sum3 === void 0) accumulated.set(path, gradient);
    else {
      accumulated.set(path, tf43.add(sum3, gradient));
      sum3.dispose();
      gradient.dispose();
    }
  }
}
var sharedBatches;
var init_window_gradients = __esm({
  "packages/core/src/window-gradients.ts"() {
    "use strict";
    init_awaitable();
    init_gradients();
    init_hooks();
    init_pending_scalars();
    init_prepare_batch();
    init_read_step_result();
    init_step_pass();
    init_sync_section();
    sharedBatches = /* @__PURE__ */ new WeakMap();
  }
});

// packages/core/src/training.ts
var training_exports = {};
__export(training_exports, {
  accumulate: () => accumulate,
  clip: () => clip,
  computeWindowGradients: () => computeWindowGradients,
  runFit: () => runFit,
  runOptimizerStep: () => runOptimizerStep
});
var init_training = __esm({
  "packages/core/src/training.ts"() {
    "use strict";
    init_fit();
    init_train_step();
    init_update_parameters();
    init_window_gradients();
  }
});

// packages/core/src/console/model-summary.ts
var model_summary_exports = {};
__export(model_summary_exports, {
  modelSummary: () => modelSummary
});
function modelSummary(model) {
  const rows = isLayersModel(model.source) ? placeLayers(model.source).map(({ path, layer }) => [path, layer.getClassName(), shapeText(layer.outputShape), layer.countParams().toLocaleString("en")]) : [...model.weights()].map(([path, variable]) => [path, variable.trainable ? "parameter" : "buffer", shapeText(variable.shape), variable.size.toLocaleString("en")]);
  const head = isLayersModel(model.source) ? ["Layer", "Type", "Output", "Parameters"] : ["Name", "Kind", "Shape", "Values"];
  const widths = head.map((title, column) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column]))));
  const line = (cells) => cells.map((cell, i) => i === 3 ? " ".repeat(widths[i] - textWidth(cell)) + cell : padText(cell, widths[i])).join("  ");
  const rule = "-".repeat(widths.reduce((sum3, width) => sum3 + width + 2, -2));
  const count = (variables) => [...variables].reduce((sum3, { size }) => sum3 + size, 0);
  const total = count(model.weights().values());
  const trainable = count(model.parameters().values());
  return [line(head), rule, ...rows.map(line), rule, `${total.toLocaleString("en")} parameters, ${trainable.toLocaleString("en")} trainable`].join("\n");
}
function shapeText(shape) {
  if (Array.isArray(shape) && Array.isArray(shape[0])) return shape.map(shapeText).join(" ");
  return `[${shape.map((length) => length ?? "batch").join(", ")}]`;
}
var init_model_summary = __esm({
  "packages/core/src/console/model-summary.ts"() {
    "use strict";
    init_layer_paths();
    init_model();
    init_text_width();
  }
});

// packages/core/test/.demo.ts
init_src();
init_src2();
import * as tf44 from "@tensorflow/tfjs";

// packages/core/src/add-on.ts
init_src();
function addOnError(code, message) {
  return new SnapfitError(code, message);
}
var made = /* @__PURE__ */ new WeakMap();
function applyAddOns(Class, added) {
  const { base, addOns: earlier } = made.get(Class) ?? { base: Class, addOns: [] };
  for (const addOn of added) if (!isAddOn(addOn)) throw noAddOn(addOn);
  const addOns = inOrder([...earlier, ...added]);
  checkRules(base, addOns);
  const Result = addOns.reduce((Below, addOn) => {
    const Above = addOn.apply(Below);
    if (Above === Below) throw addOnError("NO_SUBCLASS", `${addOn.name} returned its base. apply() must return a subclass of it.`);
    return Object.defineProperties(Above, {
      name: { value: `${Below.name}+${addOn.name}` },
      addOns: { value: [...Below.addOns, addOn] }
    });
  }, base);
  if (addOns.length > 0) made.set(Result, { base, addOns });
  return Result;
}
function isAddOn(value) {
  const { name, apply } = value ?? {};
  return typeof value === "object" && typeof name === "string" && typeof apply === "function";
}
function noAddOn(value) {
  const advice = value === void 0 ? "If it is imported, look for modules that import each other." : "Wrap the mixin in defineAddOn().";
  return addOnError("NO_ADD_ON", `addOn() got ${value === null ? "null" : typeof value}. It takes what defineAddOn() returns. ${advice}`);
}
function inOrder(addOns) {
  const waiting = [...addOns].sort((a, b) => a.name < b.name ? -1 : 1);
  const ordered = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex((addOn) => !waiting.some((other) => goesOutside(addOn).includes(other.name)));
    if (next < 0) throw addOnError("CIRCLE", `Add-ons cannot be put in order: ${circle(waiting)}. Drop one of these rules.`);
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}
var goesOutside = ({ rules }) => [...rules?.after ?? [], ...rules?.requires ?? []];
function circle(addOns) {
  const path = [];
  let at = addOns[0];
  while (!path.includes(at)) {
    path.push(at);
    at = addOns.find((other) => goesOutside(at).includes(other.name));
  }
  const names2 = [...path.slice(path.indexOf(at)), at].map(({ name }) => name);
  return names2.slice(1).map((name, i) => `${names2[i]} goes outside of ${name}`).join(", ");
}
function checkRules(base, addOns) {
  const all = [...base.addOns, ...addOns];
  const names2 = /* @__PURE__ */ new Set();
  for (const { name } of all) {
    if (names2.has(name)) throw addOnError("DUPLICATE", `${name} is already added.`);
    names2.add(name);
  }
  for (const { name, rules } of all) {
    const missing = rules?.requires?.find((other) => !names2.has(other));
    if (missing !== void 0) throw addOnError("MISSING", `${name} needs ${missing}. Add it in the same call or earlier.`);
    const opponent = rules?.conflicts?.find((other) => names2.has(other));
    if (opponent !== void 0) throw addOnError("CONFLICT", `${name} cannot be combined with ${opponent}.`);
  }
  for (const below of base.addOns) {
    const late = addOns.find(({ name }) => goesOutside(below).includes(name));
    if (late) throw addOnError("BELOW_SUBCLASS", `${below.name} goes outside of ${late.name}, but class ${base.name} already extends it. Add ${late.name} where ${below.name} is added.`);
  }
}

// packages/core/src/console/logger.ts
var consoleLogger = {
  debug: (message) => console.debug(message),
  info: (message) => console.log(message),
  warning: (message) => console.warn(coloured(33, message)),
  error: (message) => console.error(coloured(31, message))
};
function coloured(code, message) {
  const { env, stderr } = globalThis.process ?? {};
  return stderr?.isTTY === true && !env?.["NO_COLOR"] ? `\x1B[${code}m${message}\x1B[0m` : message;
}

// packages/core/src/metric-direction.ts
var smallerIsBetter = /(^|[/_])(loss|error|mse|rmse|mae|mape|perplexity|regularization)$/i;
var largerIsBetter = /(^|[/_])(acc|accuracy|top\d+|precision|recall|sensitivity|specificity|f1|auroc|auc|ap|map|iou|dice|r2|bleu|rouge\w*|psnr|ssim)(_f1)?$/i;
function directionOf(name) {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  if (smallerIsBetter.test(spaced)) return "min";
  return largerIsBetter.test(spaced) ? "max" : void 0;
}

// packages/core/src/trainer.ts
init_src();

// packages/core/src/fit-options.ts
init_src();

// packages/core/src/trainer-options.ts
init_src();

// packages/core/src/callbacks.ts
var hookNames = [
  "onFitStart",
  "onFitEnd",
  "onTrainEpochStart",
  "onTrainEpochEnd",
  "onTrainBatchStart",
  "onTrainBatchEnd",
  "onValidationEpochStart",
  "onValidationEpochEnd",
  "onValidationBatchStart",
  "onValidationBatchEnd"
];

// packages/core/src/trainer-options.ts
init_model();
var coreOptionNames = [
  "model",
  "loss",
  "optimizer",
  "schedule",
  "clip",
  "accumulate",
  "seed",
  "device",
  "logger",
  "quiet",
  "logEvery",
  "processGroup",
  "outputDir",
  "runName",
  "callbacks",
  "signals"
];
var hasMethods = (value, ...names2) => names2.every((name) => typeof value?.[name] === "function");
var isObject = (value) => typeof value === "object" && value !== null;
var isBoolean = (value) => typeof value === "boolean";
var isCount = (value) => Number.isInteger(value) && Number(value) >= 1;
var kinds = [
  ["loss", "a function of tensors", (value) => typeof value === "function"],
  ["optimizer", "an optimizer such as adam()", (value) => hasMethods(value, "apply", "saveState")],
  ["schedule", "a schedule such as cosine()", (value) => hasMethods(value, "at") || hasMethods(value, "update")],
  ["clip", "an object such as { norm: 1 }", isObject],
  ["accumulate", "a whole number of at least 1", isCount],
  ["seed", "a finite number", Number.isFinite],
  ["device", 'the name of a device, or "auto"', (value) => typeof value === "string"],
  ["logger", "an object with debug, info, warning and error", (value) => hasMethods(value, "debug", "info", "warning", "error")],
  ["quiet", "true or false", isBoolean],
  ["logEvery", "a whole number of at least 1", isCount],
  ["processGroup", "a process group", (value) => hasMethods(value, "allReduce", "allGather", "broadcast")],
  ["outputDir", "a folder", (value) => typeof value === "string" && value !== ""],
  ["runName", "the name of one folder, without slashes; the rest goes into outputDir", (value) => typeof value === "string" && /^[^/\\]+$/.test(value) && !/^\.+$/.test(value)],
  ["callbacks", "a list of objects with hooks", (value) => Array.isArray(value) && value.every(isObject)],
  ["signals", "true or false", isBoolean]
];
function resolveOptions(options, furtherNames) {
  if (options?.model === void 0 || options.model === null) {
    throw new SnapfitError("MODEL_MISSING", "Model must be provided. A trainer takes { model }, a tf.LayersModel, any object with parameters(), or a function that makes one. Add it to the options.");
  }
  const known = [...coreOptionNames, ...furtherNames];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const advice = nearest === void 0 ? `Known are ${known.join(", ")}. A subclass names its own options in static optionNames` : `Did you mean "${nearest}"`;
    throw new SnapfitError("OPTION_UNKNOWN", `There is no option "${name}". ${advice}${nearest === void 0 ? "." : "?"}`);
  }
  if (typeof options.model !== "function") checkModel(options.model);
  for (const [name, expected, holds] of kinds) {
    const value = options[name];
    if (value !== void 0 && !holds(value)) throw new SnapfitError("OPTION_INVALID", `Option ${name} is ${typeof value === "string" ? JSON.stringify(value) : String(value)}. It takes ${expected}.`);
  }
  const { accumulate: accumulate2 = 1, logEvery = 50, device = "auto", quiet = false, outputDir = "runs", callbacks = [], signals = true, clip: clip2 } = options;
  for (const [name, value] of Object.entries(clip2 ?? {})) {
    if (!["norm", "value", "warnAbove"].includes(name)) throw new SnapfitError("OPTION_UNKNOWN", `There is no option "clip.${name}". Known are norm, value and warnAbove.`);
    if (!(Number(value) > 0)) throw new SnapfitError("OPTION_INVALID", `Option clip.${name} is ${String(value)}. It takes a number above 0.`);
  }
  callbacks.forEach(checkCallback);
  return { ...options, accumulate: accumulate2, logEvery, device, quiet, outputDir, callbacks, signals };
}
function checkCallback(callback, index) {
  for (let at = callback; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const wrong4 = Object.getOwnPropertyNames(at).find((name) => /^on[A-Z]/.test(name) && !hookNames.includes(name));
    if (wrong4 === void 0) continue;
    const nearest = nearestName(wrong4, hookNames);
    throw new SnapfitError("OPTION_UNKNOWN", `callbacks[${index}] has "${wrong4}", which is no hook. ${nearest === void 0 ? `The hooks are ${hookNames.join(", ")}.` : `Did you mean "${nearest}"?`}`);
  }
}
function checkCount(name, value) {
  if (!isCount(value)) throw new SnapfitError("OPTION_INVALID", `Option ${name} is ${String(value)}. It takes a whole number of at least 1.`);
}

// packages/core/src/fit-options.ts
var names = ["train", "validation", "epochs", "steps", "maxSeconds", "signal", "limitTrainBatches", "limitValidationBatches", "validateEvery", "fastRun"];
function planFit(options, accumulate2) {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    throw new SnapfitError("OPTION_UNKNOWN", `fit() has no option "${name}". ${nearest === void 0 ? `Known are ${names.join(", ")}.` : `Did you mean "${nearest}"?`}`);
  }
  const { epochs, steps, maxSeconds, limitTrainBatches = Infinity, limitValidationBatches = Infinity, validateEvery = { epochs: 1 }, fastRun = false } = options;
  checkSource("train", options.train);
  if (options.validation !== void 0) checkSource("validation", options.validation);
  if (epochs === void 0 && steps === void 0 && maxSeconds === void 0 && !fastRun) {
    throw new SnapfitError("NO_LIMIT", "fit() got no limit. It takes epochs, steps or maxSeconds, alone or together. Add for example epochs: 10.");
  }
  if (!["epochs", "steps"].some((unit) => unit in Object(validateEvery)) || Object.keys(validateEvery).some((unit) => unit !== "epochs" && unit !== "steps")) {
    throw new SnapfitError("OPTION_INVALID", `Option validateEvery is ${JSON.stringify(validateEvery)}. It takes { epochs: number } or { steps: number }.`);
  }
  if (options.signal !== void 0 && typeof options.signal?.addEventListener !== "function") throw new SnapfitError("OPTION_INVALID", `Option signal is ${String(options.signal)}. It takes an AbortSignal.`);
  const counts = { epochs, steps, limitTrainBatches, limitValidationBatches, "validateEvery.epochs": validateEvery.epochs, "validateEvery.steps": validateEvery.steps };
  for (const [name, value] of Object.entries(counts)) if (value !== void 0 && value !== Infinity) checkCount(name, value);
  if (maxSeconds !== void 0 && !(maxSeconds > 0)) throw new SnapfitError("OPTION_INVALID", `Option maxSeconds is ${String(maxSeconds)}. It takes a number of seconds above 0.`);
  const common = { train: options.train, validation: options.validation, signal: options.signal };
  if (fastRun) return { ...common, limits: { epochs: 1 }, limitTrainBatches: 2 * accumulate2, limitValidationBatches: 2, validateEvery: { epochs: 1 } };
  const limits = { ...epochs !== void 0 && { epochs }, ...steps !== void 0 && { steps }, ...maxSeconds !== void 0 && { maxSeconds } };
  return { ...common, limits, limitTrainBatches, limitValidationBatches, validateEvery };
}
function checkSource(name, source) {
  const iterable = source;
  if (typeof source === "function" || typeof iterable?.[Symbol.iterator] === "function" || typeof iterable?.[Symbol.asyncIterator] === "function") return;
  throw new SnapfitError("OPTION_INVALID", `Option ${name} is ${source === null ? "null" : typeof source}. It takes an iterable or async iterable of batches, or a function that returns one.`);
}

// packages/core/src/option-names.ts
function optionNamesOf(Class) {
  const names2 = [];
  for (let at = Class; at !== null && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, "optionNames")?.value;
    names2.push(...own ?? []);
  }
  const { addOns = [] } = Class;
  for (const { name, optionNames } of addOns) names2.push(...optionNames ?? [camelCase(name)]);
  return names2;
}
function camelCase(name) {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

// packages/core/src/progress.ts
function progressView(counters) {
  const view = {};
  for (const key of Object.keys(counters)) {
    Object.defineProperty(view, key, { get: () => counters[key], enumerable: true });
  }
  return Object.freeze(view);
}

// packages/core/src/session.ts
init_src();

// packages/core/src/cleanups.ts
var Cleanups = class {
  #cleanups = [];
  add(cleanup) {
    this.#cleanups.push(cleanup);
  }
  /** Runs all in reverse, each in its own try. A second call finds nothing left to do. @throws AggregateError of what failed */
  async run() {
    const errors = [];
    for (let cleanup = this.#cleanups.pop(); cleanup !== void 0; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `Closing the trainer failed in ${errors.length} places: ${errors.map(String).join("; ")}`);
  }
};

// packages/core/src/console/progress-bar.ts
init_format();
init_text_width();
var BAR = { longest: 20, shortest: 5 };
function progressLine(state, columns) {
  const { title, done, total, means } = state;
  const numValues = Object.keys(means).length;
  const full = `${title} ${figures(state, { numValues, hasRate: true, hasTime: true })}`;
  const length = Math.min(BAR.longest, columns - textWidth(full) - "[] ".length);
  if (total !== void 0 && length >= BAR.shortest) {
    const filled = Math.min(length, Math.floor(length * done / Math.max(1, total)));
    return `${title} [${"#".repeat(filled)}${"-".repeat(length - filled)}] ${full.slice(title.length + 1)}`;
  }
  const fewer = Array.from({ length: numValues + 1 }, (_, i) => `${title} ${figures(state, { numValues: numValues - i, hasTime: true })}`);
  return [full, ...fewer, `${title} ${figures(state, { numValues: 0 })}`].find((line) => textWidth(line) <= columns) ?? fitText(title, columns);
}
function figures({ done, total, doneBefore, samples, seconds, means }, { numValues, hasRate = false, hasTime = false }) {
  const parts = [total === void 0 ? String(done) : `${done}/${total}`];
  if (numValues > 0) parts.push(formatValues(Object.fromEntries(Object.entries(means).slice(0, numValues))));
  if (hasRate && seconds > 0 && samples > 0) parts.push(`${formatRate(samples / seconds)}/s`);
  const own = done - doneBefore;
  if (hasTime && total !== void 0 && own > 0 && done < total) parts.push(`${formatTime(seconds / own * (total - done))} left`);
  return parts.join(" | ");
}
function formatRate(rate) {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}

// packages/core/src/console/trainer-console.ts
var DRAW_EVERY_MS = 100;
var LINE_EVERY_MS = 5e3;
var TrainerConsole = class {
  #logger;
  #volume;
  #terminal;
  #said = /* @__PURE__ */ new Set();
  #isBarDrawn = false;
  #nextDrawMs = 0;
  constructor(logger, volume) {
    this.#logger = logger ?? consoleLogger;
    this.#volume = volume;
    const { stdout, env } = globalThis.process ?? {};
    this.#terminal = stdout?.isTTY === true && !env?.["CI"] ? stdout : void 0;
  }
  debug(message) {
    if (this.#volume === "all") this.#say("debug", message);
  }
  info(message) {
    if (this.#volume === "all") this.#say("info", message);
  }
  warning(message) {
    this.#say("warning", message);
  }
  error(message) {
    this.#say("error", message);
  }
  /** A line that is said the first time only. */
  once(level, message) {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this[level](message);
  }
  /** A phase begins: what was said of the last one no longer delays the first line of this one. */
  beginProgress() {
    this.#nextDrawMs = performance.now() + (this.#terminal ? 0 : LINE_EVERY_MS);
  }
  /** Whether it is time to show progress again; cheap enough to ask after every batch. */
  get isProgressDue() {
    return this.#volume === "all" && performance.now() >= this.#nextDrawMs;
  }
  /** Draws the bar on a terminal; elsewhere, and with `CI` set, prints a plain line every few seconds. */
  showProgress(state) {
    this.#nextDrawMs = performance.now() + (this.#terminal ? DRAW_EVERY_MS : LINE_EVERY_MS);
    if (!this.#terminal) return this.#logger.info(progressLine(state, 160));
    this.#terminal.write(`\r\x1B[2K${progressLine(state, (this.#terminal.columns ?? 80) - 1)}`);
    this.#isBarDrawn = true;
  }
  /** Removes the bar. */
  clearProgress() {
    if (!this.#isBarDrawn) return;
    this.#terminal?.write("\r\x1B[2K");
    this.#isBarDrawn = false;
  }
  #say(level, message) {
    if (this.#volume === "silent") return;
    this.clearProgress();
    this.#logger[level](message);
  }
};

// packages/core/src/log-hub.ts
init_src2();
init_src();
init_batch();
import * as tf7 from "@tensorflow/tfjs";

// packages/core/src/log-record.ts
function histogramOf(values, numBins = 64) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) [low, high] = [0, 0];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const counts = Array.from({ length: numBins }, () => 0);
  const width = (high - low) / numBins;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(numBins - 1, Math.floor((values[i] - low) / width))] += 1;
  }
  return { edges: Array.from({ length: numBins + 1 }, (_, i) => low + i * width), counts };
}

// packages/core/src/log-hub.ts
var LogHub = class {
  #session;
  #queue = [];
  constructor(session) {
    this.#session = session;
  }
  /**
   * A scalar of the user's. Within steps: means since the last record, weighted by the batch; within a validation: means over it;
   * between epochs and outside of fits: a record of its own.
   */
  scalar(name, value) {
    const { isStepping, pending, pass, evaluation, recordMeans, stepWeight } = this.#session;
    if (typeof value !== "number" && value.size !== 1) throw new SnapfitError("SHAPE_MISMATCH", `log("${name}") got shape [${value.shape.join(", ")}]. It takes a number or a scalar tensor. Take a mean, or use logHistogram().`);
    const number = typeof value === "number" ? value : hostValues(value)?.[0];
    const kept = number ?? tf7.keep(value.clone());
    const means = evaluation?.logged ?? (isStepping ? recordMeans : void 0);
    if (means === void 0) {
      const read = async () => typeof kept === "number" ? kept : (await kept.data())[0];
      return this.later(name, async () => ({ kind: "scalars", values: named("train", { [name]: await read() }) }), typeof kept === "number" ? void 0 : kept);
    }
    const scalar3 = { name, value: kept, weight: stepWeight, into: [means] };
    if (!pass.isOpen) return pending.add(scalar3);
    if (typeof scalar3.value !== "number") this.#session.own([scalar3.value]);
    pass.scalars.push(scalar3);
  }
  /** Queues a record; tensors in it are copied now and read at the next logging point. */
  later(key, make, held) {
    const { counters: { step, globalEpoch, fit }, pass } = this.#session;
    const record2 = { key, step, epoch: globalEpoch, fit, make, held };
    if (!pass.isOpen) return void this.#queue.push(record2);
    if (held !== void 0) this.#session.own([held]);
    pass.records.push(record2);
  }
  /** Takes over what was logged in a step. */
  commit(records) {
    for (const { held } of records) if (held !== void 0) this.#session.disown(held);
    this.#queue.push(...records);
  }
  histogram(name, values, numBins) {
    const held = values instanceof tf7.Tensor ? tf7.keep(values.clone()) : void 0;
    this.later(name, async () => {
      const data2 = values instanceof tf7.Tensor ? await held.data() : isHostTensor(values) ? values.data : values;
      return { kind: "histogram", ...histogramOf(data2, numBins) };
    }, held);
  }
  image(name, image) {
    if (image.shape.length !== 2 && image.shape.length !== 3) {
      throw new SnapfitError("SHAPE_MISMATCH", `logImage got shape [${image.shape.join(", ")}]. It takes [height, width] or [height, width, channels].`);
    }
    const held = image instanceof tf7.Tensor ? tf7.keep(image.clone()) : void 0;
    this.later(name, async () => ({ kind: "image", image: image instanceof tf7.Tensor ? await toHostTensor(held) : image }), held);
  }
  /** A logging point: reads what waits on the device, writes the record of training values, then all that is queued. */
  async flush() {
    const { pending, recordMeans, group, optimizers, clock } = this.#session;
    await pending.resolve();
    const values = named("train", await recordMeans.meansOver(group));
    recordMeans.reset();
    if (Object.keys(values).length > 0) {
      for (const { name, driver } of optimizers) {
        for (const { name: groupName, rate } of driver.rates(clock)) values[rateName(name, groupName)] = rate;
      }
      await this.emit("train", { kind: "scalars", values });
    }
    await this.flushQueue();
  }
  /** The record of an evaluation: its averages and metrics, and what `trainer.log` brought within it. */
  async evaluated(key, values, logged) {
    const own = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${key}/${name}`, value]));
    await this.emit(key, { kind: "scalars", values: { ...own, ...named(key, logged) } });
    await this.flushQueue();
  }
  async flushQueue() {
    const queue = this.#queue;
    this.#queue = [];
    try {
      for (const { key, step, epoch, fit, make, held } of queue) {
        const record2 = await make();
        held?.dispose();
        await this.#send({ ...record2, key, step, epoch, fit });
      }
    } finally {
      for (const { held } of queue) held?.dispose();
    }
  }
  /** Sends a record of now. */
  async emit(key, record2) {
    const { step, globalEpoch, fit } = this.#session.counters;
    await this.#send({ ...record2, key, step, epoch: globalEpoch, fit });
  }
  /** Writes what was queued since the last fit. */
  async close() {
    await this.flushQueue();
    await this.#session.sinks.flush();
  }
  /** What is queued, read from the device and still queued: a state holds it, since its records are not written yet. */
  async saveState() {
    return Promise.all(
      this.#queue.map(async (waiting) => {
        const { key, step, epoch, fit, held } = waiting;
        const record2 = await waiting.make();
        held?.dispose();
        waiting.held = void 0;
        waiting.make = () => record2;
        return { ...record2, key, step, epoch, fit };
      })
    );
  }
  loadState(records) {
    this.dispose();
    this.#queue = records.map((record2) => {
      const { key, step, epoch, fit, ...rest } = record2;
      return { key, step, epoch, fit, held: void 0, make: () => rest };
    });
  }
  dispose() {
    for (const { held } of this.#queue) held?.dispose();
    this.#queue = [];
  }
  async #send(record2) {
    const { trainer, sinks } = this.#session;
    const sent = await trainer.onLog(record2);
    if (sent !== void 0) await sinks.write(sent);
  }
};
function named(prefix, values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.includes("/") ? name : `${prefix}/${name}`, value]));
}
function rateName(optimizer, group) {
  return ["train/lr", ...optimizer === "default" ? [] : [optimizer], ...group === "default" ? [] : [group]].join("_");
}

// packages/core/src/log-sinks.ts
init_awaitable();
var LogSinks = class {
  #sinks = [];
  #failed = /* @__PURE__ */ new Set();
  #unwanted = /* @__PURE__ */ new Map();
  #console;
  constructor(console2) {
    this.#console = console2;
  }
  get isEmpty() {
    return this.#sinks.length === 0;
  }
  add(sink) {
    this.#sinks.push(sink);
  }
  async open(run) {
    await this.#each((sink) => sink.open?.(run));
  }
  async write(record2) {
    await this.#each((sink) => {
      if (sink.kinds === void 0 || sink.kinds.includes(record2.kind)) return sink.write(record2);
      this.#countUnwanted(sink, record2.kind);
    });
  }
  async flush() {
    await this.#each((sink) => sink.flush?.());
  }
  /** Names, once a sink and kind, what a sink does not take. */
  #countUnwanted(sink, kind) {
    const counts = this.#unwanted.get(sink) ?? /* @__PURE__ */ new Map();
    this.#unwanted.set(sink, counts.set(kind, (counts.get(kind) ?? 0) + 1));
    if (counts.get(kind) === 1 && kind !== "config" && kind !== "summary") this.#console.warning(`Logger "${sink.name}" does not take ${kind} records; they go to the other loggers only.`);
  }
  async #each(call) {
    for (const sink of this.#sinks) {
      try {
        const result = call(sink);
        if (isPromise(result)) await result;
      } catch (error) {
        if (this.#failed.has(sink)) continue;
        this.#failed.add(sink);
        this.#console.error(`Logger "${sink.name}" failed: ${error instanceof Error ? error.message : String(error)}. Training goes on; further failures of it are not shown.`);
      }
    }
  }
};

// packages/core/src/session.ts
init_metric_set();
init_pending_scalars();
init_step_pass();

// packages/core/src/stop-requests.ts
var StopRequests = class {
  #group;
  #asked = {};
  #agreed = {};
  constructor(group) {
    this.#group = group;
  }
  get request() {
    return this.#agreed.interrupt ?? this.#agreed.finish;
  }
  get isInterrupted() {
    return this.#agreed.interrupt !== void 0;
  }
  /** Whether this rank has been interrupted, maybe before the others know. */
  get isInterruptAsked() {
    return this.#asked.interrupt !== void 0;
  }
  /** Why this fit is to be finished, for the saved state. */
  get finish() {
    const { finish } = this.#asked;
    return finish?.byLimit === true ? void 0 : finish?.reason;
  }
  ask(request) {
    if (this.#asked[request.kind] === void 0) this.#asked = { ...this.#asked, [request.kind]: request };
    if (this.#group.size === 1) this.#agreed = this.#asked;
  }
  /** What all ranks do: for each kind the request of the lowest rank that has one. Collective. */
  async agree() {
    if (this.#group.size === 1) return this.request;
    const all = await this.#group.allGather({ finish: this.#asked.finish ?? null, interrupt: this.#asked.interrupt ?? null });
    const first = (kind) => all.find((asked) => asked[kind] !== null)?.[kind] ?? void 0;
    this.#agreed = { finish: first("finish"), interrupt: first("interrupt") };
    this.#asked = { finish: this.#agreed.finish ?? this.#asked.finish, interrupt: this.#agreed.interrupt ?? this.#asked.interrupt };
    return this.request;
  }
  /** The wish to finish is about one fit; an interruption is about all that would come after it. */
  clearFinish() {
    this.#asked = { interrupt: this.#asked.interrupt };
    this.#agreed = { interrupt: this.#agreed.interrupt };
  }
  clear() {
    this.#asked = {};
    this.#agreed = {};
  }
};

// packages/core/src/session.ts
init_sync_section();
init_weighted_means();
var Session = class {
  options;
  trainer;
  console;
  group;
  sinks;
  logs;
  stops;
  // What goes into a saved state.
  counters = { fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 };
  /** Windows over all fits, skipped ones included: the moment of dropout masks. */
  windows = 0;
  seed;
  streams = /* @__PURE__ */ new Map();
  history = { train: {}, valid: {} };
  fits = [];
  best;
  /** Means over the epoch so far, and since the last log record. */
  epochMeans = new WeightedMeans();
  recordMeans = new WeightedMeans();
  stepMeans = [this.epochMeans, this.recordMeans];
  /** Whether an epoch has begun and not ended, and a validation that is due in it. */
  isEpochRunning = false;
  /** Whether the windows of an epoch are run now: what is logged then joins the record of the steps. */
  isStepping = false;
  validationDue = null;
  /** Validation values of this epoch, if there was one, and the step of it. */
  validated = null;
  position = { source: void 0, samples: 0, isPassOpen: false, held: void 0, restored: void 0, toSkip: 0 };
  validationLoader = { source: void 0, restored: void 0 };
  // What `ready()` makes.
  model;
  optimizers = [];
  /** What `ready()` loads. */
  evaluating;
  /** What `fit` loads at its first call. */
  training;
  stoppers = {};
  metrics = { train: new MetricSet(), valid: new MetricSet() };
  declaredMetrics = {};
  // What belongs to the running call.
  phase = "idle";
  fitCalls = 0;
  /** Whether any step of this fit had gradients. */
  hasTrained = false;
  pending = new PendingScalars();
  activeSlot;
  pass = new StepPass();
  /** Weight of the running batch, 1 outside of steps; and its share of the window. */
  stepWeight = 1;
  lossScale = 1;
  accumulated = /* @__PURE__ */ new Map();
  evaluation;
  rawWeights;
  /** When this epoch and this fit began, or went on; and the seconds of the fit before that. */
  epochStart = 0;
  fitStart;
  fitSecondsBefore = 0;
  /** Whether the train stopper has seen this epoch. */
  isTrainStopperAsked = false;
  restoredFits = 0;
  startsFrom = "last";
  /** Norms of the gradients of steps on a device backend, to be read at the next logging point. */
  gradientNorms = [];
  /** Gradients whose norm is known already. */
  checked;
  warnedOfNorm;
  /** Tensors that the loop made for the running batch or window; disposed at its end, also after a throw. */
  #owned = [];
  #root;
  #rootSeed;
  runName;
  /** Whether `computeMetrics` is overridden, so that outputs are joined for it. */
  collectsOutputs;
  cleanups = new Cleanups();
  isReady = false;
  folder;
  constructor(trainer, options, { runName, collectsOutputs }) {
    this.trainer = trainer;
    this.runName = runName;
    this.collectsOutputs = collectsOutputs;
    this.options = options;
    this.group = options.processGroup ?? soloGroup();
    this.stops = new StopRequests(this.group);
    this.console = new TrainerConsole(options.logger, this.group.rank > 0 ? "silent" : options.quiet ? "quiet" : "all");
    this.sinks = new LogSinks(this.console);
    this.logs = new LogHub(this);
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    this.#rootSeed = this.seed;
    this.#root = RandomStream.fromSeed(this.seed);
  }
  /** The stream that all randomness of the run descends from. */
  get random() {
    if (this.#rootSeed !== this.seed) {
      this.#rootSeed = this.seed;
      this.#root = RandomStream.fromSeed(this.seed);
    }
    return this.#root;
  }
  get fit() {
    return this.fits[this.counters.fit - 1];
  }
  /** Whether fits of the restored state have not yet been reached by calls of `fit`. */
  get isReplaying() {
    return this.fitCalls < this.restoredFits;
  }
  get clock() {
    return { step: this.counters.step, epochsDone: this.counters.globalEpoch - (this.isEpochRunning ? 1 : 0), totalSteps: this.fit?.totalSteps ?? void 0 };
  }
  /** Seconds that the running or last fit has taken, over all processes. */
  fitSeconds() {
    return this.fitSecondsBefore + (this.fitStart === void 0 ? 0 : (performance.now() - this.fitStart) / 1e3);
  }
  /** Which direction of a value is better: its metric's, else what its name says, else down. */
  directionOf(name) {
    return this.declaredMetrics[name]?.direction ?? directionOf(name) ?? "min";
  }
  /** The randomness of one synchronous section: a function of its kind, seed, phase and counters, so that it needs no state of its own. */
  section(kind, index, firstSample, numSamples) {
    const { phase, windows, group, counters } = this;
    const moment = phase === "train" ? windows : counters.step;
    return new SectionRandomness(
      () => this.random.split("section", kind, phase, moment, index, group.rank),
      () => this.random.split("dropout", kind, windows),
      firstSample,
      numSamples
    );
  }
  /** After a throw: what was logged reaches the sinks, nothing stays on the device, and the other ranks do not wait for this one for ever. */
  async recover(error) {
    if (this.group.size > 1) this.group.abort(error);
    this.release();
    try {
      await this.pending.resolve();
      await this.logs.flushQueue();
    } catch {
    }
    for (const { norm } of this.gradientNorms) norm.dispose();
    this.gradientNorms = [];
    this.pending.dispose();
    this.logs.dispose();
    await this.sinks.flush();
  }
  own(tensors) {
    for (const tensor7 of tensors) this.#owned.push(tensor7);
  }
  /** The tensor belongs to somebody else from now on. */
  disown(tensor7) {
    const at = this.#owned.indexOf(tensor7);
    if (at >= 0) this.#owned.splice(at, 1);
  }
  /** Disposes what the loop made for a batch or window. */
  release() {
    for (const tensor7 of this.#owned) tensor7.dispose();
    this.#owned.length = 0;
    for (const gradient of this.accumulated.values()) gradient.dispose();
    this.accumulated.clear();
    this.stepWeight = 1;
    this.activeSlot = void 0;
    this.checked = void 0;
    if (this.pass.isOpen) this.pass = new StepPass();
  }
};

// packages/core/src/session-of.ts
init_src();
var sessions = /* @__PURE__ */ new WeakMap();
function sessionOf(trainer) {
  const session = sessions.get(trainer);
  if (session === void 0) throw new SnapfitError("NOT_READY", "A method of the trainer was called before its constructor was done. Use it in setup() instead.");
  return session;
}
function setSession(trainer, session) {
  sessions.set(trainer, session);
}

// packages/core/src/trainer-steps.ts
init_src();
init_batch();
init_dropout();

// packages/core/src/swap-weights.ts
init_src();
init_weights();
async function withSwappedWeights(session, weights, body) {
  if (session.rawWeights !== void 0) {
    throw new SnapfitError("WEIGHTS_SWAPPED", "withWeights() was called while other weights are in already. Swaps do not nest. Two add-ons that swap weights cannot be combined; declare the conflict.");
  }
  const variables = session.model.weights();
  const raw = await readWeights(variables);
  session.rawWeights = raw;
  try {
    assignWeights(variables, weights, false);
    return await body();
  } finally {
    assignWeights(variables, raw, true);
    session.rawWeights = void 0;
  }
}
async function withStateSnapshot(session, body) {
  const parameters = session.model.parameters();
  const buffers = new Map([...session.model.weights()].filter(([path]) => !parameters.has(path)));
  const values = await readWeights(buffers);
  const states = new Map([...session.streams].map(([name, stream]) => [name, stream.saveState()]));
  try {
    return await body();
  } finally {
    assignWeights(buffers, values, true);
    for (const [name, stream] of session.streams) stream.loadState(states.get(name) ?? { ...stream.saveState(), counter: 0 });
  }
}

// packages/core/src/trainer-steps.ts
init_sync_section();
init_weights();
function checkValidationStep(trainer) {
  const { validationStep, computeOutputs } = TrainerSteps.prototype;
  if (trainer["validationStep"] === validationStep && trainer["computeOutputs"] === computeOutputs) trainer["validationStep"](void 0, 0);
}
var TrainerSteps = class {
  /** One batch of validation. `loss` is not required. */
  validationStep(_batch, _index) {
    throw new SnapfitError("NO_VALIDATION_STEP", `${sessionOf(this).runName} has no validationStep(batch, index), which validation needs. Override it, or leave validation out.`);
  }
  /** One batch of a test. */
  testStep(batch, index) {
    return this.validationStep(batch, index);
  }
  /** One batch of a prediction. The default passes the batch, or its first array, to the model. */
  predictStep(batch, _index) {
    return sessionOf(this).model.forward(firstInput(batch), false);
  }
  /** The model on inputs, in the mode of the running phase. @throws SnapfitError `NO_FORWARD` */
  forward(inputs) {
    const { model, phase } = sessionOf(this);
    return model.forward(inputs, phase === "train");
  }
  /** Dropout whose masks follow the seed, the step and the sample; passes through outside of training. @param rate [0, 1) */
  dropout(inputs, rate) {
    const randomness = sectionRandomness();
    return sessionOf(this).phase === "train" && randomness !== void 0 ? dropout(inputs, rate, "trainer", randomness) : inputs;
  }
  /** A random stream of that name, saved with the state. */
  randomStream(name) {
    const { streams, random, group } = sessionOf(this);
    const stream = streams.get(name) ?? random.split("user", name, group.rank);
    streams.set(name, stream);
    return stream;
  }
  // Set-up, in this order.
  /** The optimizer and its schedule, or several by name. The default takes them from the options. */
  configureOptimizers() {
    const { optimizer, schedule } = sessionOf(this).options;
    return optimizer && { optimizer, schedule };
  }
  configureEarlyStoppers() {
    return {};
  }
  /** Streaming metrics by name, fed with the `outputs` of steps. */
  configureMetrics() {
    return {};
  }
  /** Add-ons register here: `defer`, `addLogSink`. Call `super` first. */
  setup() {
  }
  /** Takes up a saved state, if there is one. Call `super` first. */
  restore() {
  }
  /** Registers a cleanup. Cleanups run in reverse when the trainer is closed, each in its own try. */
  defer(cleanup) {
    sessionOf(this).cleanups.add(cleanup);
  }
  /** Registers a receiver of log records; the core calls it in isolation. */
  addLogSink(sink) {
    sessionOf(this).sinks.add(sink);
  }
  /** The folder of this run, claimed at the first call. Collective. @param mayReopen whether an existing folder may be used, for those who resume */
  runFolder(storage, { mayReopen = false } = {}) {
    const session = sessionOf(this);
    return session.folder ??= Promise.resolve().then(() => (init_run_folder(), run_folder_exports)).then(({ claimRunFolder: claimRunFolder2 }) => claimRunFolder2(session, storage, mayReopen));
  }
  // Hooks, all empty here: what the core does by itself an override cannot lose.
  onFitStart() {
  }
  onFitEnd(_reason) {
  }
  onTrainEpochStart() {
  }
  onTrainEpochEnd(_metrics) {
  }
  onTrainBatchStart(_batch, _index) {
  }
  onTrainBatchEnd(_outputs, _batch, _index) {
  }
  onValidationEpochStart() {
  }
  onValidationEpochEnd(_metrics) {
  }
  onValidationBatchStart(_batch, _index) {
  }
  onValidationBatchEnd(_outputs, _batch, _index) {
  }
  // The parts of a step, in this order.
  /** Samples in a batch as the loader yields it. */
  batchSize(batch) {
    return firstDimension(batch);
  }
  /** How many items the loss of a batch is a mean of; windows, epochs and ranks weight by it. */
  batchWeight(batch) {
    return this.batchSize(batch);
  }
  /** Around one optimizer step. */
  runStep(window) {
    const session = sessionOf(this);
    return session.training.runOptimizerStep(session, window);
  }
  /** Around the gradients of a window. May be repeated: what counts is the last pass. */
  computeGradients(window) {
    const session = sessionOf(this);
    return session.training.computeWindowGradients(session, window);
  }
  /** Host arrays to tensors of the same nesting. Synchronous: what has to wait belongs into the loader, which reads ahead. */
  transferBatch(batch) {
    return toTensors(batch);
  }
  /** Augmentation on tensors, in training only. Synchronous. */
  transformBatch(batch) {
    return batch;
  }
  /** Around `trainingStep`, synchronous. */
  computeLoss(batch, index) {
    return this.trainingStep(batch, index, sessionOf(this).activeSlot?.name ?? "default");
  }
  /** The loss that is differentiated: weighted by the batch's share of the window. Synchronous, inside the tape. */
  scaleLoss(loss) {
    const { lossScale } = sessionOf(this);
    return lossScale === 1 ? loss : loss.mul(lossScale);
  }
  /** Takes over the gradients of one batch. Synchronous. */
  accumulateGradients(gradients) {
    const session = sessionOf(this);
    session.training.accumulate(session, gradients);
  }
  /** Sums over ranks. */
  reduceGradients(gradients) {
    return gradients;
  }
  /** Undoes a loss scale; null skips the step. */
  unscaleGradients(gradients) {
    return gradients;
  }
  /** Limits the gradients by the option `clip`. Synchronous. */
  clipGradients(gradients) {
    const session = sessionOf(this);
    return session.training.clip(session, gradients);
  }
  /** The optimizer's update at the schedule's rate. Synchronous. */
  applyGradients(gradients) {
    const { activeSlot, model, clock } = sessionOf(this);
    if (activeSlot) activeSlot.optimizer.apply(gradients, activeSlot.parametersOf(model.parameters()), activeSlot.driver.factor(clock));
  }
  onOptimizerStep(_step) {
  }
  /** Sees each record before the sinks; returns it, changed or not, or undefined to drop it. */
  onLog(record2) {
    return record2;
  }
  // Evaluation and state.
  /** Around a pass over validation, test or prediction data. */
  runEvaluation(phase) {
    const session = sessionOf(this);
    return session.evaluating.evaluationPass(session, phase);
  }
  /** Around the step of an evaluation, synchronous. */
  computeOutputs(batch, index) {
    const { phase, evaluating } = sessionOf(this);
    if (phase === "prediction") return evaluating.predictionResult(this.predictStep(batch, index));
    return phase === "test" ? this.testStep(batch, index) : this.validationStep(batch, index);
  }
  /** Metrics from the joined outputs of a whole validation; the numbers join the epoch's metrics. Joining costs memory, so it is done only if this is overridden. */
  computeMetrics(_outputs) {
    return {};
  }
  /** A place where the state may be saved; the state manager decides whether it does. */
  savePoint(_kind) {
  }
  /** The weights that best state, exports and reports use; Ema gives its averages. */
  modelStateForUse() {
    const { rawWeights, model } = sessionOf(this);
    return rawWeights ?? readWeights(model.weights());
  }
  /** This rank's state. Extend with `{ ...(await super.saveState()), myAddOn: {…} }`; what differs by rank goes under `perRank`. */
  async saveState() {
    const { saveRunState: saveRunState2 } = await Promise.resolve().then(() => (init_run_state(), run_state_exports));
    return saveRunState2(sessionOf(this));
  }
  /** Takes up this rank's state. Call `super` first. */
  async loadState(state) {
    const { loadRunState: loadRunState2 } = await Promise.resolve().then(() => (init_run_state(), run_state_exports));
    loadRunState2(sessionOf(this), state);
  }
  /** Runs `body` with other weights in the model. Swaps do not nest. @throws SnapfitError `WEIGHTS_SWAPPED` */
  withWeights(weights, body) {
    return withSwappedWeights(sessionOf(this), weights, body);
  }
  /** Runs `body`, then puts buffers and random streams back. */
  withSnapshot(body) {
    return withStateSnapshot(sessionOf(this), body);
  }
};

// packages/core/src/trainer.ts
init_weights();
var Trainer = class extends TrainerSteps {
  /** The add-ons of this class, innermost first. */
  static addOns = [];
  /** Names of options that this class takes beyond those of the class below. */
  static optionNames = [];
  /** Returns a subclass with the add-ons, whatever their order. On a generic trainer the batch type stays open. */
  static addOn(...addOns) {
    return applyAddOns(this, addOns);
  }
  #session;
  #progress;
  #ready;
  /** The call that runs now. */
  #running;
  /**
   * Checks every option and touches nothing outside. Calls no overridable method: the fields of subclasses do not exist yet. That is what `setup()` is for.
   * @throws SnapfitError `MODEL_MISSING`, `OPTION_UNKNOWN`, `OPTION_INVALID`
   */
  constructor(options) {
    super();
    const resolved = resolveOptions(options, optionNamesOf(new.target));
    this.#session = new Session(this, resolved, {
      runName: resolved.runName ?? new.target.name.split("+")[0],
      collectsOutputs: this.computeMetrics !== TrainerSteps.prototype["computeMetrics"]
    });
    setSession(this, this.#session);
    this.#progress = progressView(this.#session.counters);
  }
  // What the trainer is and has.
  /** The model. @throws SnapfitError `NOT_READY` before the first use of the trainer: call `ready()`. */
  get model() {
    return this.#readySession.model.source;
  }
  /** The loss function of the options. @throws SnapfitError `NO_LOSS` if there is none. */
  get loss() {
    const { loss } = this.#session.options;
    if (loss === void 0) throw new SnapfitError("NO_LOSS", "this.loss was used, but the trainer has no loss. Give the option loss, a function of tensors.");
    return loss;
  }
  get progress() {
    return this.#progress;
  }
  /** One entry an epoch, over all fits. */
  get history() {
    return this.#session.history;
  }
  /** Whether a training step or its hooks run now: what dropout and batch norm go by. */
  get training() {
    return this.#session.phase === "train";
  }
  get phase() {
    return this.#session.phase;
  }
  get processGroup() {
    return this.#session.group;
  }
  /** The best state by the monitored validation value; undefined before the first validation. */
  get bestModelState() {
    return this.#session.best;
  }
  get trainEarlyStopper() {
    return this.#session.stoppers.train;
  }
  get validEarlyStopper() {
    return this.#session.stoppers.valid;
  }
  /** The optimizer, or the first of several; undefined without one. */
  get optimizer() {
    return this.#readySession.optimizers[0]?.optimizer;
  }
  /** Name of the optimizer whose part of the step runs: `default` for a single one. */
  get activeOptimizer() {
    return this.#session.activeSlot?.name;
  }
  /** Rate of each parameter group now, by `group`, or `optimizer/group` of several optimizers. */
  get learningRates() {
    const { optimizers, clock } = this.#readySession;
    return Object.fromEntries(optimizers.flatMap(({ name, driver }) => driver.rates(clock).map(({ name: group, rate }) => [optimizers.length > 1 ? `${name}/${group}` : group, rate])));
  }
  /** Lines for people; the progress bar makes room for them. */
  get logger() {
    return this.#session.console;
  }
  get runName() {
    return this.#session.runName;
  }
  // What users call.
  /** Picks the backend, builds the model, sets up the add-ons and restores. The other calls do it by themselves; repeated calls are harmless. */
  ready() {
    this.#ready ??= Promise.resolve().then(() => (init_ready(), ready_exports)).then(({ makeReady: makeReady2 }) => makeReady2(this.#session));
    return this.#ready;
  }
  /**
   * Trains. The n-th call is the n-th fit of the run: after a resume finished ones are skipped and the running one goes on.
   * @throws SnapfitError `NO_LIMIT`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `BUSY`, `NOT_FINITE`, `NO_VALIDATION_STEP`, `ONE_SHOT_LOADER`, `EMPTY_LOADER`, `TOTAL_STEPS_UNKNOWN`; what a step or hook throws, unchanged
   */
  async fit(options) {
    const plan = planFit(options, this.#session.options.accumulate);
    if (plan.validation !== void 0) checkValidationStep(this);
    return this.#exclusively("fit", async () => {
      const session = this.#session;
      if (this.#isPassedOver("fit()")) return { reason: session.stops.request.reason, interrupted: true };
      session.training ??= await Promise.resolve().then(() => (init_training(), training_exports));
      return session.training.runFit(session, plan);
    });
  }
  /** Averages and metrics over validation data. Moves no counter. */
  async validate(source) {
    return this.#evaluate("validation", source);
  }
  /** Averages and metrics over test data, through `testStep`. */
  async test(source) {
    return this.#evaluate("test", source);
  }
  /** What `predictStep` returns for each batch, in host memory. Leaving the iteration early releases everything. */
  async *predict(source) {
    this.#enter("predict");
    try {
      await this.ready();
      if (this.#isPassedOver("predict()")) return;
      this.#sayIfReplaying("predict()");
      yield* this.#session.evaluating.predictions(this.#session, source);
    } catch (error) {
      await this.#session.recover(error);
      throw error;
    } finally {
      this.#running = void 0;
    }
  }
  /** {@link predict} as an array, one entry a batch. */
  async predictAll(source) {
    const all = [];
    for await (const prediction of this.predict(source)) all.push(prediction);
    return all;
  }
  /** Finishes the running fit: after the running step the epoch is closed, validated and saved. The first reason wins. */
  stop(reason) {
    this.#session.stops.ask({ kind: "finish", reason });
  }
  /** Puts the best weights in. @throws SnapfitError `NO_BEST` if nothing has been validated. */
  async useBest() {
    await this.ready();
    const session = this.#session;
    if (session.isReplaying) return this.#sayReplay("useBest()");
    if (session.best === void 0) throw new SnapfitError("NO_BEST", "There is no best state yet. It is kept by the validations of fit(). Pass validation to fit() first.");
    assignWeights(session.model.weights(), session.best.weights, true);
    session.startsFrom = "best";
  }
  /** A copy of all weights by structural path, buffers included; the raw ones while others are swapped in. */
  async modelWeights() {
    await this.ready();
    return this.#session.rawWeights ?? readWeights(this.#session.model.weights());
  }
  /** Puts weights into the model. @throws SnapfitError `WEIGHTS_MISMATCH`; with `strict: false` takes what fits and returns the rest. */
  async setModelWeights(weights, { strict = true } = {}) {
    await this.ready();
    if (this.#session.isReplaying) {
      this.#sayReplay("setModelWeights()");
      return { missing: [], unexpected: [], different: [] };
    }
    const mismatch2 = assignWeights(this.#session.model.weights(), weights, strict);
    this.#session.startsFrom = "given";
    return mismatch2;
  }
  /** A table of the model's layers and parameters. */
  async summary() {
    await this.ready();
    const { modelSummary: modelSummary2 } = await Promise.resolve().then(() => (init_model_summary(), model_summary_exports));
    return modelSummary2(this.#session.model);
  }
  /** The state of all ranks, as plain data: what a checkpoint holds. Collective. */
  async captureState() {
    await this.ready();
    const { captureRunState: captureRunState2 } = await Promise.resolve().then(() => (init_run_state(), run_state_exports));
    return captureRunState2(this.#session);
  }
  /** Takes up what `captureState()` returned; the fits of the script then go on where they were. Collective. */
  async applyState(state) {
    await this.ready();
    const { applyRunState: applyRunState2 } = await Promise.resolve().then(() => (init_run_state(), run_state_exports));
    await applyRunState2(this.#session, state);
  }
  /** Runs what was deferred, in reverse, and releases the optimizers. @throws AggregateError of what failed, after all has run. */
  close() {
    return this.#session.cleanups.run();
  }
  [Symbol.asyncDispose]() {
    return this.close();
  }
  // Logging, also within steps: resolved together at the next logging point.
  /** Logs a scalar. Names without a slash stand under `train/`, `valid/` or `test/`. */
  log(name, value) {
    this.#session.logs.scalar(name, value);
  }
  logText(name, text) {
    this.#session.logs.later(name, () => ({ kind: "text", text }));
  }
  /** Logs the distribution of values, counted in equal bins. */
  logHistogram(name, values, { numBins = 64 } = {}) {
    this.#session.logs.histogram(name, values, numBins);
  }
  /** Logs an image [height, width] or [height, width, channels], uint8 or 0 to 1. */
  logImage(name, image) {
    this.#session.logs.image(name, image);
  }
  logTable(name, columns, rows) {
    this.#session.logs.later(name, () => ({ kind: "table", columns, rows }));
  }
  logFile(name, path) {
    this.#session.logs.later(name, () => ({ kind: "file", path }));
  }
  alert(title, text, level = "warning") {
    this.#session.logs.later(title, () => ({ kind: "alert", title, text, level }));
  }
  get #readySession() {
    if (this.#session.isReady) return this.#session;
    throw new SnapfitError("NOT_READY", "The trainer has no model yet: it is built at its first use. Call await trainer.ready() before.");
  }
  /** One call at a time. */
  async #exclusively(call, body) {
    this.#enter(call);
    try {
      await this.ready();
      return await body();
    } catch (error) {
      await this.#session.recover(error);
      throw error;
    } finally {
      this.#running = void 0;
    }
  }
  #enter(call) {
    if (this.#running !== void 0) throw new SnapfitError("BUSY", `${call}() was called while ${this.#running}() runs. A trainer does one thing at a time. Await the first call, or leave its iteration.`);
    this.#running = call;
  }
  async #evaluate(phase, source) {
    const call = phase === "validation" ? "validate" : "test";
    return this.#exclusively(call, async () => {
      if (this.#isPassedOver(`${call}()`)) return {};
      this.#sayIfReplaying(`${call}()`);
      const evaluated = await this.#session.evaluating.evaluate(this.#session, phase, { source });
      if (evaluated === void 0) return {};
      await this.#session.logs.evaluated(phase === "test" ? "test" : "valid", evaluated.values, evaluated.logged);
      await this.#session.sinks.flush();
      return evaluated.values;
    });
  }
  /** After an interruption the rest of the script is for the run that goes on. */
  #isPassedOver(call) {
    const { stops, console: console2 } = this.#session;
    if (stops.isInterrupted) console2.info(`${call} is passed over: the run was stopped (${stops.request.reason}).`);
    return stops.isInterrupted;
  }
  /** Until the fit that goes on is reached, a resumed script must not change the weights: the restored state has what it did. */
  #sayReplay(call) {
    this.#session.console.info(`${call} is passed over: the restored state already holds what came after it.`);
  }
  #sayIfReplaying(call) {
    const { isReplaying, console: console2, counters } = this.#session;
    if (isReplaying) console2.info(`${call} uses the restored weights of step ${counters.step}.`);
  }
};

// packages/core/test/.demo.ts
var Digits = class extends Trainer {
  trainingStep({ x, y }) {
    const p = this.forward(x);
    const e = performance.now() + 15;
    while (performance.now() < e) ;
    return { loss: p.sub(y).square().mean(), acc: p.greater(0).equal(y.greater(0)).mean(), \uC815\uD655\uB3C4: p.mean() };
  }
  validationStep(b) {
    return this.trainingStep(b);
  }
};
var data = Array.from({ length: 60 }, (_, i) => ({ x: hostTensor(Float32Array.from({ length: 64 }, (_2, j) => Math.sin(i * 64 + j)), [32, 2]), y: hostTensor(Float32Array.from({ length: 32 }, (_2, j) => Math.sin(i * 64 + 2 * j)), [32, 1]) }));
var t = new Digits({ model: () => tf44.sequential({ layers: [tf44.layers.dense({ units: 1, inputShape: [2] })] }), optimizer: adam({ learningRate: 0.05 }), schedule: exponential({ factor: 0.5 }), clip: { norm: 1, warnAbove: 0.1 } });
console.log(await t.summary());
await t.fit({ train: data, validation: data.slice(0, 30), epochs: 2 });
console.log(await t.test(data.slice(0, 20)));
