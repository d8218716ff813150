/* The addon's entry: looks at the runtime it was loaded into. Everything after this is plain C. */
#include "addon.h"

#include <napi.h>

namespace {

/* Bun and Deno export libuv's names without libuv behind them; some of those abort when called. */
bool HasLibuv(Napi::Env env) {
  Napi::Value process = env.Global().Get("process");
  if (!process.IsObject()) return false;
  Napi::Value versions = process.As<Napi::Object>().Get("versions");
  if (!versions.IsObject()) return false;
  Napi::Object names = versions.As<Napi::Object>();
  return names.Has("uv") && !names.Has("bun") && !names.Has("deno");
}

/* Kept for the environment's life, so that a script that changes the prototype later changes
 * nothing here. */
napi_ref CaptureTransfer(Napi::Env env) {
  Napi::Value constructor = env.Global().Get("ArrayBuffer");
  if (!constructor.IsFunction()) return nullptr;
  Napi::Value prototype = constructor.As<Napi::Object>().Get("prototype");
  if (!prototype.IsObject()) return nullptr;
  Napi::Value transfer = prototype.As<Napi::Object>().Get("transfer");
  if (!transfer.IsFunction()) return nullptr;
  napi_ref reference = nullptr;
  return napi_create_reference(env, transfer, 1, &reference) == napi_ok ? reference : nullptr;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  bool installed = hw_addon_install(env, exports, HasLibuv(env), CaptureTransfer(env));
  /* Names are missing now, which lib/native.ts notices and reports. */
  if (!installed && env.IsExceptionPending()) env.GetAndClearPendingException();
  return exports;
}

}  // namespace

NODE_API_MODULE(heapwright, Init)
