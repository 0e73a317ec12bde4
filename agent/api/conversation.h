// One peer's conversation, without its socket: octets in, octets out. Answers come in the order of the requests. What is not answered at once goes to
// somebody else to be done; until its answer is there, nothing further is handled.
#pragma once

#include <optional>
#include <string>

#include "agent/api/dispatch.h"

namespace holdfast::api {

class Conversation {
 public:
  Conversation(Service& service, Asker asker) : service_(service), asker_(std::move(asker)) {}
  virtual ~Conversation() { service_.Gone(asker_.id); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  virtual void Receive(ByteView octets) = 0;
  // Handles complete requests, until there is none, or it is the others' turn (kRequestsPerTurn), or enough output waits to be read, or a
  // request is met that is not answered at once, which is returned: the caller has it done and calls Finish.
  virtual std::optional<ApiRequest> Run() = 0;
  virtual void Finish(const Json& answer) = 0;
  // A request was begun, and more of it is wanted now.
  virtual bool has_partial() const = 0;
  // The peer is gone, and an answer still to come: what it held is free at once.
  void Leave() { service_.Gone(asker_.id); }

  std::string& output() { return output_; }
  // The answer to a request to watch, once: it goes out after the output, together with the page's descriptor.
  std::string& page_answer() { return page_answer_; }
  bool has_output() const { return !output_.empty() || !page_answer_.empty(); }
  bool waiting() const { return waiting_; }  // for Finish
  // Nothing more is accepted: the caller sends the output and closes.
  bool closing() const { return closing_; }
  bool watching() const { return watching_; }
  bool has_more() const { return has_more_ && !waiting_ && !closing_ && !watching_; }  // Run has more to do
  // Wants no further octets now: there is enough to do, or to send, first.
  bool full() const { return waiting_ || closing_ || watching_ || has_more_ || output_.size() >= kMaxLine; }
  uint64_t handled() const { return handled_; }  // requests so far

  bool is_behind(int64_t generation) const { return watching_ && told_ != generation; }
  // The watcher has read all, and is told of the latest change, of however many.
  virtual void Tell(int64_t generation) { told_ = generation; }

  static constexpr int kRequestsPerTurn = 16;

 protected:
  Service& service() { return service_; }
  const Asker& asker() const { return asker_; }

  std::string output_, page_answer_;
  bool waiting_ = false, closing_ = false, watching_ = false, has_more_ = false;
  int64_t told_ = 0;  // to a watcher: a generation
  uint64_t handled_ = 0;

 private:
  Service& service_;
  const Asker asker_;
};

}  // namespace holdfast::api
