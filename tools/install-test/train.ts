// Runs in an empty project that holds nothing but the packed packages and TensorFlow.js: two steps of training.
import * as tf from "@tensorflow/tfjs";
import { Trainer } from "@snapfit/core";
import { loader } from "@snapfit/data";
import { sgd } from "@snapfit/optim";

console.log(tf, Trainer, loader, sgd);
