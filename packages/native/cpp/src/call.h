// One call from JavaScript: its arguments with their types checked, and its result.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace snapfit {

/** Memory of a typed array, valid during the call. `data` is null where an optional argument was left out. */
template <class T>
struct Span {
  T* data = nullptr;
  size_t length = 0;
  T& operator[](size_t index) const { return data[index]; }
  explicit operator bool() const { return data != nullptr; }
};

using Floats = Span<float>;
using Ints = Span<int32_t>;
using Bytes = Span<uint8_t>;
/** bfloat16 as raw bits. */
using Halves = Span<uint16_t>;
using Doubles = Span<double>;

/** Becomes an Error in JavaScript. */
struct CallError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Call {
 public:
  static constexpr size_t kMaxArguments = 24;

  Call(napi_env env, napi_callback_info info) : env_(env), length_(kMaxArguments) {
    napi_get_cb_info(env, info, &length_, values_, nullptr, nullptr);
  }

  napi_env env() const { return env_; }
  size_t length() const { return length_; }

  // The argument must be a typed array of exactly this type; `least` is the number of elements that will be touched.
  Floats floats(size_t index, size_t least = 0) const { return array<float>(index, napi_float32_array, least, "Float32Array"); }
  Ints ints(size_t index, size_t least = 0) const { return array<int32_t>(index, napi_int32_array, least, "Int32Array"); }
  Bytes bytes(size_t index, size_t least = 0) const { return array<uint8_t>(index, napi_uint8_array, least, "Uint8Array"); }
  Halves halves(size_t index, size_t least = 0) const { return array<uint16_t>(index, napi_uint16_array, least, "Uint16Array"); }
  Doubles doubles(size_t index, size_t least = 0) const { return array<double>(index, napi_float64_array, least, "Float64Array"); }

  bool has(size_t index) const;
  /** The number of elements of a typed array argument. */
  size_t lengthOf(size_t index) const;
  /** The type of a typed array argument. */
  napi_typedarray_type typeOf(size_t index) const;
  double number(size_t index) const;
  int32_t integer(size_t index) const { return static_cast<int32_t>(number(index)); }
  bool flag(size_t index) const { return number(index) != 0; }
  std::string text(size_t index) const;
  /** The Float32Arrays of a JavaScript array. */
  std::vector<Floats> listOfFloats(size_t index) const;

  void returns(double number);
  void returns(napi_value value) { result_ = value; }
  napi_value result() const { return result_; }

 private:
  template <class T>
  Span<T> array(size_t index, napi_typedarray_type wanted, size_t least, const char* name) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (index >= length_ || napi_get_typedarray_info(env_, values_[index], &type, &length, &data, nullptr, nullptr) != napi_ok || type != wanted) {
      failType(index, name);
    }
    if (length < least) failLength(index, length, least);
    // An empty array has no memory, but is not a left-out argument.
    static T empty;
    return {data == nullptr ? &empty : static_cast<T*>(data), length};
  }
  [[noreturn]] void failType(size_t index, const char* wanted) const;
  [[noreturn]] void failLength(size_t index, size_t length, size_t least) const;

  napi_env env_;
  size_t length_;
  napi_value values_[kMaxArguments];
  napi_value result_ = nullptr;
};

using Function = void (*)(Call&);

/** Makes `function` known; runs before the module's initialisation. */
struct Export {
  Export(const char* name, napi_callback callback);
};

/** Turns C++ exceptions into JavaScript ones: an uncaught one would end the process. */
void throwInJavaScript(napi_env env, const char* function);

template <Function function>
napi_value entryPoint(napi_env env, napi_callback_info info) {
  try {
    Call call(env, info);
    function(call);
    return call.result();
  } catch (...) {
    throwInJavaScript(env, "");
    return nullptr;
  }
}

}  // namespace snapfit

/** Offers `static void name(Call&)` to JavaScript under its own name. */
#define SNAPFIT_EXPORT(name) static const ::snapfit::Export name##Export(#name, ::snapfit::entryPoint<name>)
