export { fromTensor, toTensor } from "./tensors.js";
