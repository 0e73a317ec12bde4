#include <algorithm>
#include <utility>

#include "agent/tpm/connection.h"
#include "agent/tpm/marshal.h"

namespace holdfast::tpm {

Handle Handle::Flushed(Connection& in, ESYS_TR tr) {
  in.held_.push_back(tr);
  return Handle(in, tr, true);
}

Handle Handle::Closed(Connection& in, ESYS_TR tr) {
  return Handle(in, tr, false);
}

Handle::Handle(Handle&& other) noexcept
    : in_(other.in_), tr_(std::exchange(other.tr_, ESYS_TR_NONE)), flush_(other.flush_) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  Release();
  in_ = other.in_;
  tr_ = std::exchange(other.tr_, ESYS_TR_NONE);
  flush_ = other.flush_;
  return *this;
}

void Handle::Release() {
  if (tr_ == ESYS_TR_NONE) return;
  // A failed flush has no better answer than to forget the handle: FreeLeftovers finds what stays behind.
  if (flush_ && !in_->broken_)
    (void)in_->Run({"TPM2_FlushContext"},
                   [this](ESYS_CONTEXT* esys) { return Esys_FlushContext(esys, tr_); });
  Ended();
}

void Handle::Ended() {
  std::erase(in_->held_, tr_);
  Esys_TR_Close(in_->esys_, &tr_);  // an error when ESAPI has closed its record already
  tr_ = ESYS_TR_NONE;
}

std::optional<Handle> Connection::Recall(ByteView id) {
  auto saved = saved_.find(ToBytes(id));
  if (saved == saved_.end()) return std::nullopt;
  ESYS_TR tr = ESYS_TR_NONE;
  Status loaded = Run({"TPM2_ContextLoad"},
                      [&](ESYS_CONTEXT* esys) { return Esys_ContextLoad(esys, &*saved->second, &tr); });
  if (loaded) return Handle::Flushed(*this, tr);
  saved_.erase(saved);
  return std::nullopt;
}

void Connection::Remember(ByteView id, const Handle& key) {
  constexpr size_t kMaxSaved = 16;  // a machine has few licenses; one more costs only time
  if (saved_.size() >= kMaxSaved) saved_.clear();
  Owned<TPMS_CONTEXT> context;
  if (Run({"TPM2_ContextSave"},
          [&](ESYS_CONTEXT* esys) { return Esys_ContextSave(esys, key.tr(), context.Receive()); }))
    saved_[ToBytes(id)] = std::move(context);
}

Result<Bytes> Handle::Name() const {
  Owned<TPM2B_NAME> name;
  if (TSS2_RC rc = Esys_TR_GetName(in_->esys_, tr_, name.Receive()))
    return tl::unexpected(Explain(rc, {"Esys_TR_GetName"}));
  return ToBytes(View(*name));
}

Status Handle::SetSessionAttributes(TPMA_SESSION attributes) {
  constexpr TPMA_SESSION kAll = 0xff;
  if (TSS2_RC rc = Esys_TRSess_SetAttributes(in_->esys_, tr_, attributes, kAll))
    return tl::unexpected(Explain(rc, {"Esys_TRSess_SetAttributes"}));
  return {};
}

}  // namespace holdfast::tpm
