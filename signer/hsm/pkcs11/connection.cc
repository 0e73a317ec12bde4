#include "signer/hsm/pkcs11/connection.h"

#include <p11-kit/uri.h>

#include <algorithm>
#include <thread>

namespace holdfast::hsm {
namespace {

Result<std::string> ModuleOf(const TokenConfig& config, const Uri& uri) {
  std::string named = uri.module_path() ? *uri.module_path() : uri.module_name().value_or("");
  if (config.module.empty() && named.empty())
    return Fail(ErrorKind::kUsage, "hsm.config", "no PKCS#11 module is configured for " + uri.text(),
                "Give the module's path, or module-path in the URI");
  if (!config.module.empty() && !named.empty() && config.module != named)
    return Fail(ErrorKind::kUsage, "hsm.config",
                "the URI names another PKCS#11 module than the configuration", "Give the module once");
  return config.module.empty() ? named : config.module;
}

size_t SessionCount(const TokenConfig& config) {
  if (config.sessions > 0) return static_cast<size_t>(config.sessions);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

Result<std::shared_ptr<Connection>> Connection::Create(const TokenConfig& config) {
  HOLDFAST_TRY(Uri uri, Uri::Parse(config.uri));
  HOLDFAST_TRY(std::string name, ModuleOf(config, uri));
  TokenConfig complete = config;
  complete.module = name;
  if (complete.pin_file.empty() && uri.pin_file()) complete.pin_file = *uri.pin_file();
  HOLDFAST_TRY(auto module, Module::Load(name, config.module_env));
  return std::shared_ptr<Connection>(new Connection(std::move(complete), std::move(uri), std::move(module)));
}

Connection::Connection(TokenConfig config, Uri uri, std::shared_ptr<Module> module)
    : config_(std::move(config)),
      uri_(std::move(uri)),
      module_(std::move(module)),
      pool_(SessionCount(config_)),
      calls_(config_.patience) {
  info_.module = config_.module;
}

Result<Connection::Lease> Connection::Borrow() {
  for (;;) {
    HOLDFAST_TRY(auto idle, pool_.Take(config_.session_wait));
    auto failed = [this](Error error) {
      pool_.Give(std::nullopt);
      return tl::unexpected(std::move(error));
    };
    auto use = module_->Enter();
    if (!use) return failed(std::move(use.error()));
    Mark now = mark();
    if (now.generation != use->generation()) {
      { auto leave = std::move(*use); }
      idle.reset();
      if (auto attached = Attach(); !attached) return failed(std::move(attached.error()));
      pool_.Give(std::nullopt);
      continue;
    }
    if (idle && idle->generation() == now.generation)
      return Lease(shared_from_this(), std::move(*use), std::move(*idle), now);
    auto opened = Session::Open(module_, *use, now.slot, Session::Mode::kReadOnly);
    if (opened) return Lease(shared_from_this(), std::move(*use), std::move(*opened), now);
    bool wait = opened.error().check == "hsm.session_count" && pool_.Shrink();
    pool_.Give(std::nullopt);
    if (!wait) return tl::unexpected(std::move(opened.error()));
  }
}

Connection::Lease::~Lease() {
  if (connection_ == nullptr) return;
  if (!keep_) session_.reset();
  connection_->pool_.Give(std::move(session_));
}

Result<Session> Connection::OpenForWriting(const Module::Use& use) {
  return Session::Open(module_, use, mark().slot, Session::Mode::kReadWrite);
}

Connection::Mark Connection::mark() const {
  std::lock_guard lock(state_mutex_);
  return mark_;
}

TokenInfo Connection::info() const {
  std::lock_guard lock(state_mutex_);
  return info_;
}

Status Connection::CheckToken(const Uri& uri) const {
  std::lock_guard lock(state_mutex_);
  if (p11_kit_uri_match_token_info(uri.get(), &token_)) return {};
  return Fail(ErrorKind::kUsage, "hsm.uri", uri.text() + " names another token than '" + info_.label + "'",
              "Name the key by id= and object= only");
}

std::string Connection::place() const {
  std::lock_guard lock(state_mutex_);
  return (info_.label.empty() ? uri_.text() : "token '" + info_.label + "'") + " of " + info_.module;
}

std::optional<Error> Connection::pin_error() const {
  std::lock_guard lock(state_mutex_);
  return pin_error_;
}

}  // namespace holdfast::hsm
