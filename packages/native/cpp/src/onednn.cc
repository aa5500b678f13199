#include "onednn.h"

#include <cstdlib>
#include <list>
#include <new>
#include <unordered_map>

#include "sanitizer.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr size_t kMaxPrimitives = 1024;

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 1469598103934665603ULL;
    for (const int64_t part : key) hash = (hash ^ static_cast<uint64_t>(part)) * 1099511628211ULL;
    return hash ^ (hash >> 29);
  }
};

struct Scratch {
  float* data = nullptr;
  size_t length = 0;
  ~Scratch() { std::free(data); }
};

struct State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  /** Latest used first. */
  std::list<std::pair<Key, Primitive>> primitives;
  std::unordered_map<Key, std::list<std::pair<Key, Primitive>>::iterator, KeyHash> byKey;
  std::unordered_map<size_t, Scratch> scratch;
};

// A pointer, not an object: at process exit nothing of oneDNN is destroyed after oneDNN itself.
thread_local State* current = nullptr;

State& state() {
  if (current == nullptr) current = new State();
  return *current;
}

constexpr size_t kPrimitiveScratch = ~size_t{0};

}  // namespace

const dnnl::engine& engine() { return state().engine; }

dnnl::stream& stream() { return state().stream; }

float* scratch(size_t slot, size_t numFloats) {
  Scratch& found = state().scratch[slot];
  if (found.length < numFloats) {
    std::free(found.data);
    const size_t bytes = (numFloats * sizeof(float) + 63) / 64 * 64;
    found.data = static_cast<float*>(std::aligned_alloc(64, bytes));
    found.length = found.data == nullptr ? 0 : bytes / sizeof(float);
    if (found.data == nullptr) throw std::bad_alloc();
  }
  allow(found.data, found.length * sizeof(float));
  forbid(found.data + numFloats, (found.length - numFloats) * sizeof(float));
  return found.data;
}

void Primitive::argument(int number, const Desc& desc) { arguments_.push_back({number, dnnl::memory(desc, engine(), nullptr)}); }

void Primitive::run(std::initializer_list<const void*> pointers) {
  if (bound_.empty()) {
    for (const Argument& argument : arguments_) bound_.emplace(argument.number, argument.memory);
    if (scratchpad_.get_size() > 0) bound_.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad_, engine(), nullptr));
  }
  size_t index = 0;
  for (const void* pointer : pointers) arguments_[index++].memory.set_data_handle(const_cast<void*>(pointer));
  if (const size_t bytes = scratchpad_.get_size(); bytes > 0) {
    bound_.at(DNNL_ARG_SCRATCHPAD).set_data_handle(scratch(kPrimitiveScratch, (bytes + 3) / 4));
  }
  primitive.execute(stream(), bound_);
  stream().wait();
}

Primitive& primitive(const Key& key, void (*create)(Primitive&, const void*), const void* context) {
  State& cache = state();
  Key whole = key;
  whole.push_back(omp_get_max_threads());
  if (const auto found = cache.byKey.find(whole); found != cache.byKey.end()) {
    cache.primitives.splice(cache.primitives.begin(), cache.primitives, found->second);
    return cache.primitives.front().second;
  }
  Primitive made;
  create(made, context);
  cache.primitives.emplace_front(whole, std::move(made));
  cache.byKey.emplace(std::move(whole), cache.primitives.begin());
  if (cache.byKey.size() > kMaxPrimitives) {
    cache.byKey.erase(cache.primitives.back().first);
    cache.primitives.pop_back();
  }
  return cache.primitives.front().second;
}

dnnl::primitive_attr userScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void makeProduct(Primitive& made, const Desc& left, const Desc& right, const Desc& result, const Desc* bias, const dnnl::post_ops& operations) {
  auto attributes = userScratchpad();
  attributes.set_post_ops(operations);
  const auto description = bias ? dnnl::matmul::primitive_desc(engine(), left, right, *bias, result, attributes)
                                : dnnl::matmul::primitive_desc(engine(), left, right, result, attributes);
  made.primitive = dnnl::matmul(description);
  made.implementation = description.impl_info_str();
  made.argument(DNNL_ARG_SRC, left);
  made.argument(DNNL_ARG_WEIGHTS, right);
  made.argument(DNNL_ARG_DST, result);
  if (bias) made.argument(DNNL_ARG_BIAS, *bias);
  made.setScratchpad(description.scratchpad_desc());
}

void reorder(const Desc& fromLayout, const void* from, const Desc& toLayout, void* to) {
  dnnl::memory source(fromLayout, engine(), const_cast<void*>(from));
  dnnl::memory target(toLayout, engine(), to);
  dnnl::reorder(source, target).execute(stream(), source, target);
  stream().wait();
}

void releaseEngine() {
  delete current;
  current = nullptr;
}

}  // namespace snapfit
