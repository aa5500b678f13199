// The module's entry: hands every exported function to JavaScript. Loadable in several worker threads.
#include <vector>

#include "call.h"
#include "onednn.h"
#include "sanitizer.h"
#include "threads.h"

namespace snapfit {
namespace {

struct Exported {
  const char* name;
  napi_callback callback;
};

std::vector<Exported>& exportedFunctions() {
  static auto* functions = new std::vector<Exported>();
  return *functions;
}

/** version(): `[build variant, oneDNN's version]` joined by a space. */
void version(Call& call) {
  const dnnl_version_t* library = dnnl_version();
  const std::string text = std::string(SNAPFIT_VARIANT) + " " + std::to_string(library->major) + "." + std::to_string(library->minor) + "." + std::to_string(library->patch);
  napi_value value;
  napi_create_string_utf8(call.env(), text.c_str(), text.size(), &value);
  call.returns(value);
}
SNAPFIT_EXPORT(version);

/** setThreads(count): of the kernels called from this JavaScript thread. */
void setThreads(Call& call) { setNumThreads(call.integer(0)); }
SNAPFIT_EXPORT(setThreads);

/** alignedOffset(bytes: Uint8Array): how many bytes to leave out so that the rest starts at a cache line. All but 64 bytes are used. */
void alignedOffset(Call& call) {
  constexpr size_t line = 64;
  const Bytes bytes = call.bytes(0, line);
  const size_t offset = (line - reinterpret_cast<uintptr_t>(bytes.data) % line) % line;
  const size_t end = offset + bytes.length - line;
  forbid(bytes.data, offset);
  forbid(bytes.data + end, bytes.length - end);
  call.returns(static_cast<double>(offset));
}
SNAPFIT_EXPORT(alignedOffset);

}  // namespace

Export::Export(const char* name, napi_callback callback) { exportedFunctions().push_back({name, callback}); }

}  // namespace snapfit

NAPI_MODULE_INIT() {
  for (const auto& [name, callback] : snapfit::exportedFunctions()) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  napi_add_env_cleanup_hook(env, [](void*) { snapfit::releaseEngine(); }, nullptr);
  return exports;
}
