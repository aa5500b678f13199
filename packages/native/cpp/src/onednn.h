// All that the kernels know of oneDNN: its types, one engine and stream for each JavaScript thread, and ready primitives by key.
#pragma once

#include <dnnl.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace snapfit {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using DType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

constexpr DType kF32 = DType::f32;
constexpr DType kBf16 = DType::bf16;

/** A number for each kind of primitive, the first part of a key. */
enum class Kind : int64_t { kMatMul = 1, kReorder, kConv, kConvData, kConvWeights, kDeconv, kPool, kPoolGrad, kNorm, kSoftmax, kRnn, kAttention, kOther };

/** Everything that changes the code of a primitive: kind, dims, strides, dtypes, post-ops. The thread count is added by the cache. */
using Key = std::vector<int64_t>;

/** A primitive that is ready to run, with its memory objects, whose pointers are set anew for each run. */
class Primitive {
 public:
  /** What `create` filled: argument number of oneDNN and layout. */
  struct Argument {
    int number;
    dnnl::memory memory;
  };

  dnnl::primitive primitive;

  /** Declares an argument; the order is that of the pointers given to run(). */
  void argument(int number, const Desc& desc);
  /** The layout of the argument declared as the `index`th. */
  Desc layout(size_t index) const { return arguments_[index].memory.get_desc(); }
  /** Runs and waits. One pointer for each declared argument. */
  void run(std::initializer_list<const void*> pointers);
  void setScratchpad(const Desc& desc) { scratchpad_ = desc; }
  std::string implementation;

 private:
  std::vector<Argument> arguments_;
  Desc scratchpad_;
  std::unordered_map<int, dnnl::memory> bound_;
};

/** Of this JavaScript thread. */
const dnnl::engine& engine();
dnnl::stream& stream();
/** Memory that holds until the next call with the same slot, aligned to a cache line. */
float* scratch(size_t slot, size_t numFloats);
/** The primitive of the key, made by `create` where it is not known. At most 1024 are kept, the latest used. */
Primitive& primitive(const Key& key, void (*create)(Primitive&, const void*), const void* context);

/** As above, with a closure. */
template <class Create>
Primitive& primitive(const Key& key, const Create& create) {
  return primitive(key, [](Primitive& made, const void* context) { (*static_cast<const Create*>(context))(made); }, &create);
}

/** Attributes that let the caller provide the scratchpad: one for all primitives. */
dnnl::primitive_attr userScratchpad();

/** Fills a primitive: left times right, plus bias where there is one, then the operations. Arguments: left, right, result, and bias where there is one. */
void makeProduct(Primitive& made, const Desc& left, const Desc& right, const Desc& result, const Desc* bias, const dnnl::post_ops& operations = {});

/** Copies `from` to `to`, which may differ in layout and type. */
void reorder(const Desc& fromLayout, const void* from, const Desc& toLayout, void* to);

/** Frees what this JavaScript thread holds. */
void releaseEngine();

}  // namespace snapfit
