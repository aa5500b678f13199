#include "call.h"

#include <new>

#include "onednn.h"

namespace snapfit {

bool Call::has(size_t index) const {
  if (index >= length_) return false;
  napi_valuetype type;
  napi_typeof(env_, values_[index], &type);
  return type != napi_undefined && type != napi_null;
}

size_t Call::lengthOf(size_t index) const {
  size_t length = 0;
  if (index >= length_ || napi_get_typedarray_info(env_, values_[index], nullptr, &length, nullptr, nullptr, nullptr) != napi_ok) failType(index, "typed array");
  return length;
}

napi_typedarray_type Call::typeOf(size_t index) const {
  napi_typedarray_type type;
  if (index >= length_ || napi_get_typedarray_info(env_, values_[index], &type, nullptr, nullptr, nullptr, nullptr) != napi_ok) failType(index, "typed array");
  return type;
}

double Call::number(size_t index) const {
  double value = 0;
  if (index >= length_ || napi_get_value_double(env_, values_[index], &value) != napi_ok) failType(index, "number");
  return value;
}

std::string Call::text(size_t index) const {
  size_t length = 0;
  if (index >= length_ || napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length) != napi_ok) failType(index, "string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env_, values_[index], text.data(), length + 1, &length);
  return text;
}

std::vector<Floats> Call::listOfFloats(size_t index) const {
  uint32_t count = 0;
  if (index >= length_ || napi_get_array_length(env_, values_[index], &count) != napi_ok) failType(index, "array of Float32Array");
  std::vector<Floats> list(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value element;
    napi_typedarray_type type;
    void* data = nullptr;
    size_t length = 0;
    napi_get_element(env_, values_[index], i, &element);
    if (napi_get_typedarray_info(env_, element, &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_float32_array) {
      failType(index, "array of Float32Array");
    }
    list[i] = {static_cast<float*>(data), length};
  }
  return list;
}

void Call::returns(double number) { napi_create_double(env_, number, &result_); }

void Call::failType(size_t index, const char* wanted) const {
  throw CallError("internal: argument " + std::to_string(index) + " of a native kernel is not a " + wanted + ".");
}

void Call::failLength(size_t index, size_t length, size_t least) const {
  throw CallError("internal: argument " + std::to_string(index) + " of a native kernel has " + std::to_string(length) + " elements, but " +
                  std::to_string(least) + " are needed.");
}

void throwInJavaScript(napi_env env, const char* function) {
  try {
    throw;
  } catch (const CallError& error) {
    napi_throw_error(env, "NATIVE_CALL", error.what());
  } catch (const dnnl::error& error) {
    napi_throw_error(env, error.status == dnnl_out_of_memory ? "NATIVE_OUT_OF_MEMORY" : "NATIVE_ONEDNN", error.what());
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "NATIVE_OUT_OF_MEMORY", "The native engine could not allocate memory. Use a smaller batch or model.");
  } catch (const std::exception& error) {
    napi_throw_error(env, "NATIVE_CALL", error.what());
  } catch (...) {
    napi_throw_error(env, "NATIVE_CALL", function);
  }
}

}  // namespace snapfit
