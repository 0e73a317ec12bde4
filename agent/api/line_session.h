// A conversation in lines of JSON (docs/local-api.md). After a challenge every line of ours has its authentication code
// (protocol/local/answer_mac.h), whatever it answers. After a request to watch nothing further is handled at all.
#pragma once

#include "agent/api/conversation.h"
#include "protocol/local/answer_mac.h"

namespace holdfast::api {

class LineSession final : public Conversation {
 public:
  using Conversation::Conversation;

  void Receive(ByteView octets) override { input_.append(AsText(octets)); }
  std::optional<ApiRequest> Run() override;
  void Finish(const Json& answer) override;
  bool has_partial() const override { return !full() && !input_.empty(); }
  void Tell(int64_t generation) override;

 private:
  std::optional<ApiRequest> Handle(std::string_view line);
  void Challenge(const local::Challenge& challenge);
  void Watch();
  void Answer(const Json& answer);
  std::string Line(const Json& answer);
  size_t max_line() const { return asker().administrator ? kMaxAdminLine : kMaxLine; }

  std::string input_;
  std::optional<local::AnswerSequence> answers_;  // after a challenge
  Sha256Digest asked_{};                          // of the line that is answered, or was last
};

}  // namespace holdfast::api
