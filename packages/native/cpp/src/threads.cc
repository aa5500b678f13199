#include "threads.h"

namespace snapfit {

namespace {
thread_local int threads = 1;
}

int numThreads() { return threads; }

void setNumThreads(int count) {
  threads = count < 1 ? 1 : count;
  omp_set_num_threads(threads);
}

}  // namespace snapfit
