// Threads of the kernels: OpenMP's, which oneDNN uses as well, so that there is one pool a JavaScript thread.
#pragma once

#include <omp.h>

#include <cstdint>
#include <exception>

namespace snapfit {

/** Threads of the kernels called from this JavaScript thread; 1 at first. */
int numThreads();
void setNumThreads(int count);

/** Runs what oneDNN does in its scope with one thread where the work is small: waking others costs more than it saves. */
class ThreadScope {
 public:
  /** `work`: multiply-adds. */
  explicit ThreadScope(double work) : isSingle_(work < 1e6) {
    if (isSingle_) omp_set_num_threads(1);
  }
  ~ThreadScope() {
    if (isSingle_) omp_set_num_threads(numThreads());
  }
  ThreadScope(const ThreadScope&) = delete;

 private:
  bool isSingle_;
};

/**
 * Calls `body(begin, end)` on disjoint parts that cover 0 to `count`, in parallel where each part has at least `grain` items.
 * Parts depend on the number of threads: a result must not depend on where they end.
 */
template <class Body>
void parallelFor(int64_t count, int64_t grain, const Body& body) {
  const int64_t most = grain < 1 ? count : count / grain;
  const int threads = static_cast<int>(most < numThreads() ? (most < 1 ? 1 : most) : numThreads());
  if (threads == 1) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  // An exception that leaves a parallel region ends the process.
  std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
  try {
    const int64_t part = omp_get_thread_num();
    const int64_t parts = omp_get_num_threads();
    const int64_t begin = count * part / parts;
    const int64_t end = count * (part + 1) / parts;
    if (begin < end) body(begin, end);
  } catch (...) {
#pragma omp critical
    failure = std::current_exception();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace snapfit
