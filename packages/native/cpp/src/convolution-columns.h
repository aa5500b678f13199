// Convolutions of small images as matrix products.
#pragma once

#include "convolution-geometry.h"

namespace snapfit {

/**
 * Whether a product is faster than oneDNN's convolution: where the image is small and the filter large. Its convolution of 512 by 512 channels on
 * 4x4 cells takes 1.5 times as long as a product, on 2x2 cells 3 times, on 8x8 cells 1.1 times; with 128 channels and for windows of one cell it is
 * as fast or faster. Filters stay in the layout of TensorFlow.js here.
 */
bool suitsColumns(const ConvolutionGeometry& g);

// Images are of the geometry's type; so are the factors of the products then.

/** y = f(columns(x) filter + bias); `bias` may be null. */
void convolveColumns(const ConvolutionGeometry& g, const void* x, const float* filter, const float* bias, void* y);
/** dx = the sum over places of dy filter^T */
void convolveColumnsInputGradient(const ConvolutionGeometry& g, const void* dy, const float* filter, void* dx);
/** columns(x)^T dy */
void convolveColumnsFilterGradient(const ConvolutionGeometry& g, const void* x, const void* dy, float* dFilter);

}  // namespace snapfit
