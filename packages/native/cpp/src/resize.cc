// Resizing images [batch, height, width, channels] and its gradients. Which source pixels make an output pixel comes in as tables, one for rows
// and one for columns.
#include <cstring>

#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

struct Images {
  int64_t batch, height, width, channels, outHeight, outWidth;
  explicit Images(const Ints& p) : batch(p[0]), height(p[1]), width(p[2]), channels(p[3]), outHeight(p[4]), outWidth(p[5]) {}
  size_t sourceLength() const { return batch * height * width * channels; }
  size_t resultLength() const { return batch * outHeight * outWidth * channels; }
};

/** Two source indices for each output index, and the weight of the second; the first has one minus it. */
struct Interpolation {
  const int32_t *low, *high;
  const float* fraction;

  Interpolation(const Call& call, size_t index, int64_t count, int64_t limit)
      : low(call.ints(index, 2 * count).data), high(low + count), fraction(call.floats(index + 1, count).data) {
    for (int64_t i = 0; i < 2 * count; i++) {
      if (low[i] < 0 || low[i] >= limit) throw CallError("internal: a resize reads pixel " + std::to_string(low[i]) + " of " + std::to_string(limit) + ".");
    }
  }
};

/** The table of nearest source indices at argument `index`. */
const int32_t* nearest(const Call& call, size_t index, int64_t count, int64_t limit) {
  const int32_t* const sources = call.ints(index, count).data;
  for (int64_t i = 0; i < count; i++) {
    if (sources[i] < 0 || sources[i] >= limit) throw CallError("internal: a resize reads pixel " + std::to_string(sources[i]) + " of " + std::to_string(limit) + ".");
  }
  return sources;
}

/** resizeNearest(x, to, rows, columns, [batch, height, width, channels, outHeight, outWidth]) */
void resizeNearest(Call& call) {
  const Images images(call.ints(4, 6));
  const Elements from = elements(call, 0, images.sourceLength()), to = elements(call, 1, images.resultLength());
  requireSameSize(from, to);
  const int32_t* const rows = nearest(call, 2, images.outHeight, images.height);
  const int32_t* const columns = nearest(call, 3, images.outWidth, images.width);
  const int64_t channels = images.channels;
  withElementType(from.size, [&](auto zero) {
    using T = decltype(zero);
    parallelFor(images.batch * images.outHeight, moveGrain(images.outWidth * channels), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        const int64_t sourceRow = row / images.outHeight * images.height + rows[row % images.outHeight];
        const T* const source = from.as<T>() + sourceRow * images.width * channels;
        T* const target = to.as<T>() + row * images.outWidth * channels;
        for (int64_t i = 0; i < images.outWidth; i++) copyRow(source + columns[i] * channels, target + i * channels, channels);
      }
    });
  });
}
SNAPFIT_EXPORT(resizeNearest);

/** resizeNearestGrad(dy, dx, rows, columns, geometry as above): an image is summed by one thread. */
void resizeNearestGrad(Call& call) {
  const Images images(call.ints(4, 6));
  const Floats dy = call.floats(0, images.resultLength()), dx = call.floats(1, images.sourceLength());
  const int32_t* const rows = nearest(call, 2, images.outHeight, images.height);
  const int32_t* const columns = nearest(call, 3, images.outWidth, images.width);
  const int64_t channels = images.channels, outLength = images.outWidth * channels;
  parallelFor(images.batch, moveGrain(images.outHeight * outLength), [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; image++) {
      float* const target = dx.data + image * images.height * images.width * channels;
      std::memset(target, 0, sizeof(float) * images.height * images.width * channels);
      for (int64_t row = 0; row < images.outHeight; row++) {
        const float* const from = dy.data + (image * images.outHeight + row) * outLength;
        float* const to = target + rows[row] * images.width * channels;
        for (int64_t i = 0; i < images.outWidth; i++) {
          for (int64_t c = 0; c < channels; c++) to[columns[i] * channels + c] += from[i * channels + c];
        }
      }
    }
  });
}
SNAPFIT_EXPORT(resizeNearestGrad);

/** resizeBilinear(x, to, rows [low…, high…], row fractions, columns [low…, high…], column fractions, geometry as above) */
void resizeBilinear(Call& call) {
  const Images images(call.ints(6, 6));
  const Floats x = call.floats(0, images.sourceLength()), to = call.floats(1, images.resultLength());
  const Interpolation rows(call, 2, images.outHeight, images.height), columns(call, 4, images.outWidth, images.width);
  const int64_t channels = images.channels, rowLength = images.width * channels;
  parallelFor(images.batch * images.outHeight, moveGrain(4 * images.outWidth * channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t r = row % images.outHeight;
      const float* const image = x.data + row / images.outHeight * images.height * rowLength;
      const float *const top = image + rows.low[r] * rowLength, *const bottom = image + rows.high[r] * rowLength;
      const float down = rows.fraction[r];
      for (int64_t i = 0; i < images.outWidth; i++) {
        const int64_t left = columns.low[i] * channels, right = columns.high[i] * channels;
        const float across = columns.fraction[i];
        float* const target = to.data + (row * images.outWidth + i) * channels;
        for (int64_t c = 0; c < channels; c++) {
          const float above = top[left + c] + (top[right + c] - top[left + c]) * across;
          const float below = bottom[left + c] + (bottom[right + c] - bottom[left + c]) * across;
          target[c] = above + (below - above) * down;
        }
      }
    }
  });
}
SNAPFIT_EXPORT(resizeBilinear);

/** resizeBilinearGrad(dy, dx, tables and geometry as above): an image is summed by one thread. */
void resizeBilinearGrad(Call& call) {
  const Images images(call.ints(6, 6));
  const Floats dy = call.floats(0, images.resultLength()), dx = call.floats(1, images.sourceLength());
  const Interpolation rows(call, 2, images.outHeight, images.height), columns(call, 4, images.outWidth, images.width);
  const int64_t channels = images.channels, rowLength = images.width * channels;
  parallelFor(images.batch, moveGrain(4 * images.outHeight * images.outWidth * channels), [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; image++) {
      float* const target = dx.data + image * images.height * rowLength;
      std::memset(target, 0, sizeof(float) * images.height * rowLength);
      for (int64_t r = 0; r < images.outHeight; r++) {
        float *const top = target + rows.low[r] * rowLength, *const bottom = target + rows.high[r] * rowLength;
        const float down = rows.fraction[r];
        for (int64_t i = 0; i < images.outWidth; i++) {
          const int64_t left = columns.low[i] * channels, right = columns.high[i] * channels;
          const float across = columns.fraction[i];
          const float* const from = dy.data + ((image * images.outHeight + r) * images.outWidth + i) * channels;
          // The four targets may be one pixel: one sum after the other.
          for (int64_t c = 0; c < channels; c++) top[left + c] += from[c] * (1 - down) * (1 - across);
          for (int64_t c = 0; c < channels; c++) top[right + c] += from[c] * (1 - down) * across;
          for (int64_t c = 0; c < channels; c++) bottom[left + c] += from[c] * down * (1 - across);
          for (int64_t c = 0; c < channels; c++) bottom[right + c] += from[c] * down * across;
        }
      }
    }
  });
}
SNAPFIT_EXPORT(resizeBilinearGrad);

}  // namespace
}  // namespace snapfit
